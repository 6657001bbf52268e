"""`--progress` of every verb: output for the user or for a program."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, Literal

import typer

from impasto.core import events

ProgressName = Literal["auto", "json"]


def _tell(progress: ProgressName) -> ProgressName:
    """Read before all other options, so that errors in those are reported in the same form."""
    events.tell_as_json(progress == "json")
    return progress


PROGRESS = Annotated[
    ProgressName,
    typer.Option(
        help="json: report progress as JSON lines on standard error.",
        is_eager=True,
        callback=_tell,
    ),
]


def offer_progress(app: typer.Typer) -> None:
    """Add the option to every verb of an app."""
    for command in app.registered_commands:
        assert command.callback is not None  # a verb is a function
        command.callback = _with_progress(command.callback)


def _with_progress(verb: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(verb)
    def run(*arguments: Any, progress: ProgressName = "auto", **options: Any) -> Any:
        return verb(*arguments, **options)

    known = inspect.signature(verb, eval_str=True)
    kind = inspect.Parameter.KEYWORD_ONLY
    asked = inspect.Parameter("progress", kind, default="auto", annotation=PROGRESS)
    parameters = [*known.parameters.values(), asked]
    run.__signature__ = known.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run
