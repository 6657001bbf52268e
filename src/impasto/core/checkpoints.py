"""Checkpoints, which hold a complete training, and generator artefacts, which are shared.

A checkpoint holds tensors and plain values only and is loaded with `weights_only=True`, so that no
code in the file is ever run. Artefacts are safetensors and JSON.
"""

import errno
import os
import shutil
import warnings
import zipfile
import zlib
from pathlib import Path
from pickle import UnpicklingError
from typing import Annotated, Any, BinaryIO

import safetensors
import safetensors.torch
import torch
from pydantic import Field

from impasto.config import Model, Section
from impasto.core.device import is_out_of_memory
from impasto.core.eight_bits import in_floats
from impasto.core.files import atomic_writer, read_json, write_bytes, write_json
from impasto.core.learnt import LONGEST_NAME, Count
from impasto.errors import ImpastoError, UnreadableError
from impasto.reading import open_file, validated

FORMAT, VERSION = "impasto-checkpoint", 1
_ZIP = b"PK\x03\x04"
LARGEST_CHECKPOINT = 64 * 2**30
LARGEST_ARTEFACT = 8 * 2**30
LARGEST_HEADER = 4 * 2**20
"""Bytes of a safetensors file that name its tensors."""

MOST_LABELS = 65_535


def write_checkpoint(path: Path, content: dict[str, object]) -> None:
    """Write tensors and plain values atomically.

    Raises:
        OSError: the disk is full or the folder may not be written; the old file is untouched.
    """
    try:
        with atomic_writer(path) as file:
            torch.save({"format": FORMAT, "version": VERSION, **content}, file)
    except RuntimeError as error:  # torch's zip writer hides the operating system's reason
        if isinstance(error.__context__, OSError):
            raise error.__context__ from None
        if shutil.disk_usage(path.parent).free < 2**20:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path)) from error
        raise


def read_checkpoint(path: Path) -> dict[str, object]:
    """Read a checkpoint onto the CPU.

    Raises:
        UnreadableError: the file is missing, or of another version; or the disk or memory fails.
        ImpastoError: it is broken, or not a checkpoint of Impasto.
    """
    if not path.exists():
        raise UnreadableError(f"There is no checkpoint {path}.")
    content = load_torch(path, "a checkpoint", LARGEST_CHECKPOINT)
    known, version = (
        (content.get("format"), content.get("version")) if isinstance(content, dict) else (0, 0)
    )
    if type(known) is not str or known != FORMAT or type(version) is not int:
        raise ImpastoError(f"{path} is not a checkpoint of Impasto.")
    if version != VERSION:
        raise UnreadableError(
            f"{path} was written by another version of Impasto (format {version}); use that one, "
            "or choose another --out."
        )
    return dict(content)


def load_torch(path: Path, what: str, limit: int) -> Any:
    """Tensors and plain values from a file of `torch.save`, onto the CPU; no code in it is run.

    The zip's checksums are verified first, so that data damaged on disk is refused.

    Args:
        path: the file; it may come from a stranger.
        what: what it should be, for the error.
        limit: the most bytes that are read.

    Raises:
        UnreadableError: it is missing, the disk fails, or memory is short.
        ImpastoError: it is too large, damaged, or another kind of file.
    """
    with open_file(path, what, limit) as file:
        try:
            if file.read(4) != _ZIP:  # otherwise torch.load would read it as an old bare pickle
                raise ImpastoError(f"{path} is not {what}, or it is broken.")
            file.seek(0)
            _check_zip(file)
            file.seek(0)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about odd tensors, which are refused later
                return torch.load(file, map_location="cpu", weights_only=True)
        except (MemoryError, *_BROKEN) as error:
            if is_out_of_memory(error):
                raise UnreadableError(
                    f"{path} cannot be read: there is too little free memory; close other "
                    "programs and run the same command again."
                ) from error
            # A damaged zip may make `zipfile` seek to a place that cannot be: EINVAL.
            if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
                raise UnreadableError(
                    f"{path} cannot be read ({error.strerror}); see to the disk and run the same "
                    "command again."
                ) from error
            raise ImpastoError(f"{path} is not {what}, or it is broken.") from error


_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, UnpicklingError, EOFError, OSError, RecursionError),
    *(RuntimeError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError),
    *(AssertionError, NotImplementedError),
)
"""What `zipfile` and torch's restricted unpickler raise on damaged or forged files."""


def _check_zip(file: BinaryIO) -> None:
    """Check that parts are uncompressed and do not overlap, and that all checksums are right."""
    with zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
        size = file.seek(0, os.SEEK_END)
        packed = any(part.compress_type != zipfile.ZIP_STORED for part in parts)
        if packed or sum(part.file_size for part in parts) > size:
            raise zipfile.BadZipFile("it unpacks to more than its size")
        if (name := archive.testzip()) is not None:
            raise zipfile.BadZipFile(f"{name} is damaged")


class ModelCard(Section):
    """`model.json`: what is needed to build the generator, and its origin."""

    format: str
    version: int
    recipe: str
    """Name of the recipe."""

    model: Model
    """The recipe's `model` section: enough to build the network."""

    data: str
    """Name of its training set."""

    pictures: Count
    """Number of pictures in that set."""

    images: Count
    """Real pictures shown in training."""

    minutes: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    """Minutes of training."""

    metrics: dict[str, float] = Field(default_factory=dict)
    """Measurements of this snapshot."""

    judge: Annotated[str, Field(max_length=200)] = ""
    """The judge, such as `KID-lite2@128`; empty on old cards, which an EfficientNet judged."""

    labels: Annotated[tuple[str, ...], Field(max_length=MOST_LABELS)] = ()
    """Names of the generator's labels in the order of their ids; empty without labels."""

    label_counts: Annotated[
        tuple[Annotated[int, Field(ge=0, le=2**40)], ...], Field(max_length=MOST_LABELS + 1)
    ] = ()
    """Training pictures of each label, then those without a label; empty without labels."""

    began_from: Annotated[str, Field(max_length=LONGEST_NAME)] = ""
    """The generator that this training started from; empty if from scratch."""


MODEL_FORMAT, MODEL_VERSION = "impasto-generator", 1

LAYOUTS = (("model.json", "generator.safetensors"), ("config.json", "model.safetensors"))
"""File names of description and weights: in a run, and on the Hugging Face Hub."""

DISCRIMINATOR = "discriminator.safetensors"
"""The discriminator beside a generator that comes with Impasto."""


def artefact_files(folder: Path) -> tuple[Path, Path] | None:
    """The description and weights files of the generator in a folder; None if there is none.

    A description that is a pipe or a dangling link counts; reading it raises the error.
    """
    found = (names for names in LAYOUTS if os.path.lexists(folder / names[0]))
    names = next(found, None)
    return (folder / names[0], folder / names[1]) if names else None


def write_artefact(folder: Path, network: torch.nn.Module, card: ModelCard) -> None:
    """Write `generator.safetensors`, then `model.json`, each atomically."""
    # A digest of the weights in the card would only guard against a crash between the two writes;
    # as the architecture never changes during a run, the order of writing is enough.
    weights = network.state_dict()
    write_bytes(folder / "generator.safetensors", safetensors.torch.save(storable(weights)))
    write_json(folder / "model.json", card.model_dump(mode="json"))


def storable(
    weights: dict[str, torch.Tensor], dtype: torch.dtype | None = None
) -> dict[str, torch.Tensor]:
    """Weights as safetensors needs them: on the CPU, contiguous, floats in `dtype` if given.

    Raises:
        ImpastoError: a number is too large for `dtype`.
    """
    found = {}
    for name, value in weights.items():
        kind = dtype if dtype is not None and value.is_floating_point() else value.dtype
        found[name] = value.detach().to("cpu", kind).contiguous()
        if kind != value.dtype and not bool(torch.isfinite(found[name]).all()):
            raise ImpastoError(f"{name} holds a number that {kind} cannot; it was not written.")
    return found


def read_card(folder: Path) -> ModelCard:
    """Read and check a generator's description.

    Raises:
        ImpastoError: it is missing, malformed, or describes something else.
    """
    card_file, _ = artefact_files(folder) or (folder / "model.json", None)
    values = read_json(card_file, "a generator's description (model.json)", limit=2**20)
    if not isinstance(values, dict) or values.get("format") != MODEL_FORMAT:
        raise ImpastoError(f"{card_file} does not describe a generator of Impasto.")
    if values.get("version") != MODEL_VERSION:
        raise ImpastoError(f"{card_file} was written by another version of Impasto.")
    return validated(ModelCard, values, str(card_file))


def read_artefact(folder: Path) -> tuple[ModelCard, dict[str, torch.Tensor]]:
    """Read a generator from an untrusted source: sizes are bounded, nothing is executed.

    Raises:
        ImpastoError: the folder holds no generator of Impasto, or a malformed one.
    """
    card = read_card(folder)
    _, weights_file = artefact_files(folder) or (folder / name for name in LAYOUTS[0])
    return card, read_weights(weights_file)


def read_weights(
    file: Path, what: str = "a generator's weights", limit: int = LARGEST_ARTEFACT
) -> dict[str, torch.Tensor]:
    """Read a safetensors file from an untrusted source.

    Args:
        file: the file.
        what: what it should be, for the error.
        limit: the most bytes that are read.

    Raises:
        ImpastoError: it is missing, too large, broken, or no safetensors file.
    """
    check_safetensors(file, what, limit)
    try:
        weights = safetensors.torch.load_file(file)
    except (safetensors.SafetensorError, ValueError, OSError) as error:
        raise ImpastoError(f"{file} is not {what}: not a safetensors file ({error}).") from error
    except AttributeError as error:  # a kind of number that this PyTorch does not know
        raise ImpastoError(f"{file} is broken: it holds numbers of an unknown kind.") from error
    if 4 * sum(value.numel() for value in weights.values()) > LARGEST_ARTEFACT:
        raise ImpastoError(f"{file} is not {what}: it holds more numbers than any of Impasto's.")
    return in_floats(weights, str(file))


def check_safetensors(file: Path, what: str, limit: int) -> None:
    """Check a file before safetensors reads it.

    Raises:
        ImpastoError: it is missing, too large, not a plain file, or declares too many parts.
    """
    with open_file(file, what, limit) as opened:
        header = int.from_bytes(opened.read(8), "little")
    if header > LARGEST_HEADER:
        raise ImpastoError(
            f"{file} is not {what}: not a safetensors file, or one of too many parts."
        )
