"""The command `impasto`: one file and one function per verb; heavy imports inside functions."""

import errno
import io
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from itertools import pairwise
from types import FrameType

import typer

from impasto import __version__
from impasto.cli.augment_preview import augment_preview
from impasto.cli.collect import collect
from impasto.cli.compare import compare
from impasto.cli.demo import demo
from impasto.cli.evaluate import evaluate
from impasto.cli.explore import app as explore
from impasto.cli.export import export
from impasto.cli.film import film
from impasto.cli.generate import generate
from impasto.cli.kit import kit
from impasto.cli.paint import paint
from impasto.cli.prepare import prepare
from impasto.cli.print import print_
from impasto.cli.progress import offer_progress
from impasto.cli.recipes import recipes
from impasto.cli.refusals import PlainGroup
from impasto.cli.repaint import repaint
from impasto.cli.strokes import app as strokes
from impasto.cli.studio import studio
from impasto.cli.train import train
from impasto.cli.upscale import upscale
from impasto.core import events
from impasto.core.console import AS_IT_CAN, guard_streams, one_line
from impasto.core.given import forget_given
from impasto.core.interrupts import let_through
from impasto.core.launch import leave, speaks
from impasto.core.rank import launched
from impasto.errors import ImpastoError

app = typer.Typer(
    name="impasto",
    cls=PlainGroup,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help appears a third faster and suits pipes
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Learn from a folder of paintings and paint new ones.",
    epilog="Start with: impasto demo   ·   your own: impasto train FOLDER --minutes 60",
)
for verb in (
    demo,
    prepare,
    collect,
    train,
    augment_preview,
    evaluate,
    compare,
    generate,
    film,
    paint,
    repaint,
    kit,
    upscale,
    print_,
    export,
    recipes,
    studio,
):
    app.command(verb.__name__.rstrip("_").replace("_", "-"))(verb)
app.add_typer(explore, name="explore")
app.add_typer(strokes, name="strokes")
for each in (app, explore, strokes):
    offer_progress(each)


@app.callback(invoke_without_command=True)
def _root(
    version: bool = typer.Option(False, "--version", help="Print the version and exit."),
) -> None:
    forget_given()
    if version:
        typer.echo(f"impasto {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line; an error that the user can fix is one sentence on stderr, status 1."""
    _read_names_as_utf8()
    try:
        _run()
    except SystemExit as end:
        status = leave(end.code) if isinstance(end.code, int) else end.code
        if isinstance(status, int) and launched():
            _end_at_once(status)
        raise SystemExit(status) from None
    finally:
        # Everything is saved: Ctrl-C must not kill Python while it takes a second to exit.
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _end_at_once(status: int) -> None:
    """Exit one of several processes at once, without Python's own cleanup.

    The other processes exit too, and threads that listen to them may abort during cleanup: the
    launcher would take that for a crash and restart all.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(status)


def _run() -> None:
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    # Before torch is loaded. Older versions lack some operations on Apple's GPUs (such as `vdot`,
    # for spectral normalisation); those then run on the CPU.
    os.environ.setdefault("PYTORCH_ENABLE_MPS_FALLBACK", "1")
    if launched():  # what torch prints of lost connections, with C++ frames, is told in a sentence
        os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "FATAL")
    _open_streams()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors=AS_IT_CAN)  # with any encoding and any file name
    guard_streams()
    try:
        let_through()
        _refuse_empty(sys.argv[1:])
        app()
    except ImpastoError as error:
        _fail(str(error), error.exit_status)
    except KeyboardInterrupt:  # before Typer, which handles it otherwise, has started
        sys.exit(130)
    except (MemoryError, RuntimeError, ImportError) as error:
        if not _is_memory(error):
            raise
        _fail(NO_MEMORY, 1)
    except OSError as error:
        if error.errno == errno.ENOMEM:
            _fail(NO_MEMORY, 1)
        from impasto.core.files import whole_of

        where = f"{whole_of(os.fsdecode(error.filename))}: " if error.filename else ""
        unknown = (
            f"{error.strerror or error}; choose another path, or put right what is in the way."
        )
        reason = _MENDABLE.get(error.errno or 0, unknown)
        _fail(f"{where}{reason}", 1)


def _refuse_empty(words: Sequence[str]) -> None:
    """Refuse empty arguments: usually an unset shell variable, which as a path would mean `.`.

    Raises:
        ImpastoError: there is one, and it is not the value of an option that may be empty.
    """
    for before, word in pairwise(("impasto", *words)):
        option, equals, value = word.partition("=")
        if word == "" and before not in _MAY_BE_EMPTY:
            what = before if before.startswith("-") else f"what follows {before}"
        elif option.startswith("--") and equals and not value and option not in _MAY_BE_EMPTY:
            what = option
        else:
            continue
        raise ImpastoError(f"{what} is empty; give it a value, or leave it out.")


_MAY_BE_EMPTY = ("--label",)
"""Options whose value may be empty: as a label, "" stands for pictures without one."""


def _read_names_as_utf8() -> None:
    """Restart in Python's UTF-8 mode if the locale has another encoding.

    File names are bytes: under another encoding, a run's folder could get another name, or none.
    """
    if sys.getfilesystemencoding() != "utf-8" and not sys.flags.utf8_mode:
        command = [sys.executable, "-X", "utf8", *sys.orig_argv[1:]]
        os.execve(sys.executable, command, os.environ | {"PYTHONUTF8": "1"})  # noqa: S606


def _open_streams() -> None:
    """Connect closed standard streams (`2>&-`) to the null device.

    Otherwise the next opened file gets their number, and libraries' messages go into it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number
    sys.stdout = sys.stdout or os.fdopen(1, "w")
    sys.stderr = sys.stderr or os.fdopen(2, "w")


_last_interrupt = -math.inf
"""Time of the last handled Ctrl-C, in seconds of the monotonic clock."""


def _interrupt(number: int, _: FrameType | None) -> None:
    """Handle Ctrl-C; delayed while torch is being loaded, which would abort.

    A second press within a second is ignored, so that it does not disturb saving.
    """
    global _last_interrupt
    if time.monotonic() - _last_interrupt < 1:
        return
    if getattr(getattr(sys.modules.get("torch"), "__spec__", None), "_initializing", False):
        # To the whole process, to wake a sleeping main thread.
        again = signal.raise_signal if os.name == "nt" else partial(os.kill, os.getpid())
        threading.Timer(0.05, again, (number,)).start()
    else:
        _last_interrupt = time.monotonic()
        raise KeyboardInterrupt


NO_MEMORY = (
    "there is not enough memory; close other programs, raise the limit (ulimit -v) if one is "
    "set, or use a smaller --size or fewer pictures."
)


def _is_memory(error: Exception) -> bool:
    """Whether memory ran out, by Python's, torch's or the library loader's error."""
    words = ("allocate memory", "bad_alloc", "failed to map segment", "start new thread")
    return isinstance(error, MemoryError) or any(word in str(error) for word in words)


_MENDABLE = {
    errno.ENOSPC: "the disk is full; free some space and run the same command again.",
    errno.EFBIG: "a file may not be so large here; raise the limit (ulimit -f) if one is set, or "
    "choose another disk.",
    errno.EDQUOT: "the disk quota is used up; free some space and run the same command again.",
    errno.EACCES: "permission denied; change the permissions of it or of its folder, or choose "
    "another path.",
    errno.EROFS: "the disk is read-only; choose another folder.",
    errno.EEXIST: "this is a file, not a folder; choose another path.",
    errno.ENAMETOOLONG: "this name is too long for the disk; shorten it.",
    errno.ENOENT: "there is no such path, and none can be made there; choose another one.",
    errno.EPERM: "the system does not permit that; choose another path.",
    errno.EIO: "the disk fails (input/output error); check it, and copy what is still readable.",
    errno.EMFILE: "too many files are open; raise the limit (ulimit -n).",
    errno.ELOOP: "this is a link, but Impasto must write a file here; remove it.",
    errno.EISDIR: "this is a folder, but a file must be written here; remove it, or choose another "
    "path.",
    errno.ENXIO: "this is a pipe, but a file must be written here; remove it, or choose another "
    "path.",
    errno.ENOTDIR: "part of this path is a file, not a folder; choose another path.",
}


def _fail(sentence: str, status: int) -> None:
    if events.are_told():
        events.tell("error", text=one_line(sentence))
        sys.exit(status)
    with suppress(OSError):  # the pipe has no reader
        if speaks(status):
            sys.stderr.write(f"impasto: {one_line(sentence)}\n")
    sys.exit(status)
