"""Options of commands that enlarge with the brushwork of originals."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from impasto.core.shipped import find
from impasto.errors import ImpastoError

if TYPE_CHECKING:
    from impasto.upscale.method import Job
    from impasto.upscale.painted import Painted

PANEL = "With the paint of originals"


@dataclass(frozen=True)
class Asked:
    """Settings for enlarging with the brushwork of originals."""

    paint_from: str
    size: int | None
    keep: int | None
    longest: int | None
    leave_out: tuple[str, ...]
    seed: int

    def method(self) -> "Painted":
        """Open the originals.

        Raises:
            ImpastoError: there are none.
        """
        from impasto.brushwork.originals import find_originals
        from impasto.upscale.painted import LONGEST, Painted, shapes_for

        originals = find_originals(self.paint_from, (self.size or 256) // 2, self.leave_out)
        longest = LONGEST if self.longest is None else self.longest
        shapes = shapes_for(originals)
        return Painted(originals, self.size, self.keep, longest, seed=self.seed, shapes=shapes)

    def plan(
        self, inputs: Sequence[Path], out: Path | None = None, kind: str = "png"
    ) -> "list[Job]":
        """Which file becomes which, see `impasto.upscale.files.plan`."""
        from impasto.upscale.files import plan
        from impasto.upscale.painted import FINER, usual_much

        much, called = str(self.size or f"x{FINER}"), None if self.size else usual_much
        return plan(inputs, out, "painted", much, kind, called=called, mapped=True)

    def enlarge(self, files: Sequence[Path], method: "Painted") -> list[Path]:
        """Enlarge pictures that were just generated; results go beside their sources.

        Args:
            files: the pictures.
            method: what `method` made before they were generated.

        Raises:
            ImpastoError: a picture could not be painted.
        """
        from impasto.upscale.files import run

        outcome = run(self.plan(files), method)
        for path, reason in outcome.refused.items():
            raise ImpastoError(f"{path} was not enlarged: {reason}")
        return outcome.made


@dataclass(frozen=True)
class PaintedOptions:
    """The options."""

    paint_from: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER|SET|RUN",
            rich_help_panel=PANEL,
            help="Enlarge with the brushwork of these originals; a network only draws contours.",
        ),
    ] = None
    size: Annotated[
        int | None,
        typer.Option(
            min=32,
            max=4096,
            rich_help_panel=PANEL,
            help="Longer side of the result in pixels [default: four times the picture's, at most "
            "4,096].",
            show_default=False,
        ),
    ] = None
    keep: Annotated[
        int | None,
        typer.Option(
            min=16,
            max=4096,
            metavar="PIXELS",
            rich_help_panel=PANEL,
            help="Keep the picture's own detail up to this resolution (pixels, shorter side) "
            "[default: a quarter of the result; of a generated picture 0.8 of its side].",
            show_default=False,
        ),
    ] = None
    longest: Annotated[
        int | None,
        typer.Option(
            min=4,
            max=4096,
            metavar="PIXELS",
            rich_help_panel=PANEL,
            help="Copy no larger piece of an original [default: 32].",
            show_default=False,
        ),
    ] = None
    leave_out: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN",
            rich_help_panel=PANEL,
            help="Originals that are not to be used, such as 'Monet/*'; may be repeated.",
        ),
    ] = None
    paint_seed: Annotated[
        int | None,
        typer.Option(
            "--paint-seed",
            min=0,
            max=2**62,
            rich_help_panel=PANEL,
            help="Another seed takes other pieces [default: 0].",
            show_default=False,
        ),
    ] = None

    def asked(self) -> Asked | None:
        """The settings; None without `--paint-from`.

        Raises:
            ImpastoError: there are no such originals, or an option needs `--paint-from`.
        """
        if self.paint_from is not None:
            if find(Path(self.paint_from).expanduser()) is None:
                raise ImpastoError(
                    f"--paint-from {self.paint_from}: there is no such folder; name a folder of "
                    "pictures, a prepared set, or a run."
                )
            patterns, seed = tuple(self.leave_out or ()), self.paint_seed or 0
            return Asked(self.paint_from, self.size, self.keep, self.longest, patterns, seed)
        for name in ("size", "keep", "longest", "leave_out", "paint_seed"):
            if getattr(self, name) not in (None, []):
                option = f"--{name.replace('_', '-')}"
                raise ImpastoError(
                    f"{option} counts with --paint-from only; name originals with it."
                )
        return None
