"""Breeding with files at either end: parents by seed or file, children as pictures, the tree."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from impasto.core.console import say
from impasto.core.files import read_json
from impasto.errors import ImpastoError
from impasto.explore.lineage import Lineage, Member
from impasto.explore.mix import Child, How, at_layers, between, genes
from impasto.generate.conditions import seeded
from impasto.generate.gallery import paint_files
from impasto.generate.latents import Latent, read_latents, save_latents, save_png
from impasto.generate.sampler import LoadedGenerator


def parent(generator: LoadedGenerator, text: str, label: str | None = None) -> Latent:
    """A parent by its seed (`17`) or by a PNG or JSON file of Impasto.

    Raises:
        ImpastoError: it is neither, or a file with several latents.
    """
    if text.isdecimal() and not Path(text).exists():
        if int(text) >= 2**63:
            raise ImpastoError(f"{text} is too large a seed; they end at 2^63.")
        return seeded(generator, int(text), label)
    found = read_latents(Path(text), generator.latent, generator.fingerprint)
    if len(found) != 1:
        raise ImpastoError(
            f"{text} holds {len(found)} latents; a parent is one picture. A child that was crossed "
            "at a layer has none of its own: project it first (impasto explore project)."
        )
    return found[0] if label is None else replace(found[0], label=label)


def breed(
    generator: LoadedGenerator,
    a: Latent,
    b: Latent,
    how: How,
    count: int,
    seed: int,
    folder: Path,
    levels: Mapping[int, float] | None = None,
) -> list[Path]:
    """Paint children of two parents into `folder`, and enter them all into its lineage.

    A child that is there already is painted under its own name again, so that the same call twice,
    or once more after an interruption, leaves one family. `levels` is for `layers`, as `at_layers`
    has it.

    Returns:
        The children's files.

    Raises:
        ImpastoError: the parents cannot be crossed so, or the lineage is malformed.
    """
    lineage = Lineage.read(folder)
    a, b = (_entered(generator, lineage, each) for each in (a, b))
    if how == "layers":
        children = at_layers(generator, a, b, levels)
        names = lineage.new_names(len(children))
    else:
        names = lineage.new_names(count)
        children = between(a, b, names) if how == "between" else genes(a, b, names, seed)
    files, unused = [], iter(names)
    for child in children:
        known = _known(generator, lineage, child, (a.name, b.name))
        name = known or next(unused)
        files.append(_painted(generator, name, child, (a, b), folder))
        if known is None:
            lineage.add(Member(name, (a.name, b.name), child.how))
    lineage.write()
    return files


def _entered(generator: LoadedGenerator, lineage: Lineage, latent: Latent) -> Latent:
    """The parent under the name that it has, or gets, in this family."""
    name, number = latent.name, 1
    while name in lineage.members:
        if _is(lineage, name, latent):
            return replace(latent, name=name)
        number += 1
        name = f"{latent.name[:90]}-{number}"
    latent = replace(latent, name=name)
    paint_files(generator, [latent], 1, lineage.folder)
    lineage.add(Member(name))
    return latent


def _known(
    generator: LoadedGenerator, lineage: Lineage, child: Child, parents: tuple[str, str]
) -> str | None:
    """The name of the member that is this child, by this generator, if there is one."""
    latent = child.latent
    for member in lineage.members.values():
        if (member.parents, member.how) != (parents, child.how):
            continue
        ours = _is_by(generator, lineage.folder / f"{member.name}.json")
        if ours and (latent is None or _is(lineage, member.name, latent)):
            return member.name
    return None


def _is_by(generator: LoadedGenerator, path: Path) -> bool:
    """Whether a picture is by this generator: another one's is never painted over."""
    try:
        notes = read_json(path, "a latent")
    except ImpastoError:
        return False
    maker = notes.get("generator") if isinstance(notes, dict) else None
    return isinstance(maker, dict) and maker.get("fingerprint") == generator.fingerprint


def _is(lineage: Lineage, name: str, latent: Latent) -> bool:
    """Whether the member of this name is this very latent."""
    try:
        (known,) = read_latents(lineage.folder / f"{name}.json", len(latent.values))
    except (ImpastoError, ValueError) as error:
        say(f"{name} of this family cannot be compared ({error}).", style="dim")
        return False
    same = (known.label, known.truncation) == (latent.label, latent.truncation)
    return same and bool((known.values == latent.values).all())


def _painted(
    generator: LoadedGenerator,
    name: str,
    child: Child,
    parents: tuple[Latent, Latent],
    folder: Path,
) -> Path:
    if child.latent is not None:
        return paint_files(generator, [replace(child.latent, name=name)], 1, folder)[0]
    assert child.picture is not None
    path = folder / f"{name}.png"
    save_latents(path.with_suffix(".json"), parents, generator.about())
    save_png(child.picture, path, parents, generator.about())
    return path
