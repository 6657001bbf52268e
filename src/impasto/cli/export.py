"""`impasto export`: a trained generator as web page, ONNX or Hub repository."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from impasto.cli.groups import grouped
from impasto.cli.options import GENERATOR, a_graph, known_folder, known_generator, known_run
from impasto.core.console import tell
from impasto.errors import ImpastoError

if TYPE_CHECKING:
    from impasto.generate.sampler import LoadedGenerator


WeightsName = Literal["fp32", "fp16", "int8"]
"""How weights are stored."""


@dataclass(frozen=True)
class ExportOptions:
    """Options of `impasto export`."""

    run: Annotated[Path, typer.Argument(help=GENERATOR, callback=known_run)]
    onnx: Annotated[
        Path | None,
        typer.Option(help="Write an ONNX graph.", metavar="FILE.onnx", callback=a_graph),
    ] = None
    hub: Annotated[
        Path | None,
        typer.Option(help="Write a model repository for the Hugging Face Hub.", metavar="DIR"),
    ] = None
    web: Annotated[
        Path | None,
        typer.Option(help="Write a web page that paints in the browser.", metavar="DIR"),
    ] = None
    weights: Annotated[
        WeightsName | None,
        typer.Option(
            help="For --onnx and --web [default: fp32 for ONNX; for the page int8 if it looks "
            "the same, otherwise fp16].",
            show_default=False,
        ),
    ] = None
    title: Annotated[
        str | None, typer.Option(help="The page's heading [default: the run's name].")
    ] = None
    directions: Annotated[
        Path | None,
        typer.Option(
            help="Folder with the page's directions [default: RUN/explore, or newly found].",
            metavar="DIR",
            callback=known_folder,
        ),
    ] = None
    checkpoint: Annotated[
        str, typer.Option(help="best, last, or a number of images.", metavar="WHICH")
    ] = "best"
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False

    def check(self) -> None:
        """Refuse options that would do nothing, and files where folders are to be written.

        Raises:
            ImpastoError: there is such an option or file.
        """
        for name in ("title", "directions"):
            if getattr(self, name) is not None and self.web is None:
                raise ImpastoError(f"--{name} is for --web; add --web DIR, or leave it out.")
        if self.weights is not None and self.onnx is None and self.web is None:
            raise ImpastoError("--weights is for --onnx and --web, not for --hub; leave it out.")
        for name in ("web", "hub"):
            folder: Path | None = getattr(self, name)
            if folder is not None and folder.is_file():
                raise ImpastoError(f"--{name} {folder} is a file; name a folder.")


@grouped
def export(asked: ExportOptions) -> None:
    """Export a trained generator: a web page, ONNX, the Hugging Face Hub.

    impasto export runs/mine --web mine-page

    impasto export runs/mine --onnx mine.onnx --hub mine-on-the-hub

    --onnx and --web need: pip install 'impasto[export]'.
    """
    if asked.onnx is None and asked.hub is None and asked.web is None:
        raise ImpastoError("Choose what to write: --onnx FILE.onnx, --hub DIR or --web DIR.")
    asked.check()
    known_generator(asked.run, asked.checkpoint)

    from impasto.core.device import keep_freed_memory

    keep_freed_memory()

    from impasto.core.shipped import locate
    from impasto.generate.artefact import load_generator

    generator = load_generator(asked.run, asked.checkpoint)
    found: dict[str, object] = {"origin": generator.origin}
    if asked.onnx is not None:
        found["onnx"] = _onnx(generator, asked.onnx, asked.weights)
    if asked.hub is not None:
        from impasto.export.hub import write_hub

        found["hub"] = [str(file) for file in write_hub(generator, asked.hub, locate(asked.run))]
    if asked.web is not None:
        found["web"] = _web(generator, asked.web, asked)
    if asked.as_json:
        typer.echo(json.dumps(found))
    else:
        tell(
            *(
                path
                for path in (asked.onnx, asked.hub, asked.web and asked.web / "index.html")
                if path
            )
        )


def _onnx(
    generator: "LoadedGenerator", path: Path, weights: WeightsName | None
) -> dict[str, object]:
    from impasto.core.console import say, working
    from impasto.export.graph import write_onnx

    with working("writing ONNX and checking it"):
        difference = write_onnx(generator, path, weights or "fp32")
    say(
        f"Checked: three pictures differ from PyTorch's by at most {difference:.1g} (of −1 to 1).",
        "dim",
    )
    return {"file": str(path), "difference": difference}


def _web(generator: "LoadedGenerator", folder: Path, asked: ExportOptions) -> dict[str, object]:
    from impasto.core.console import say, working
    from impasto.core.shipped import workplace
    from impasto.export.web import find_directions, write_web
    from impasto.generate.directions import read_directions

    with working("writing the page"):
        ways = (
            read_directions(asked.directions, generator.latent)
            if asked.directions
            else find_directions(generator, workplace(asked.run))
        )
        heading = asked.title or asked.run.resolve().name
        page = write_web(generator, folder, heading, ways, asked.weights)
    say(
        f"{page.bytes / 2**20:.0f} MB, weights in {page.weights}; in three test pictures no pixel "
        f"is off by more than {page.difference * 127.5:.1f} of 255. Open it, or put the folder on "
        "any web server.",
        "dim",
    )
    return {
        "index": str(page.index),
        "bytes": page.bytes,
        "weights": page.weights,
        "difference": page.difference,
    }
