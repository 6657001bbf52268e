"""Options in groups: a verb takes dataclasses, and each of their fields is an option.

So the table of a verb's options stands beside its function, several verbs may share a group, and
what the options mean together is a method of it.
"""

import inspect
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import wraps
from typing import Any


def grouped(verb: Callable[..., None]) -> Callable[..., None]:
    """The verb as typer and forms read it: one parameter an option.

    A parameter whose type is a dataclass is replaced by its fields, in their order; the other
    parameters stay.
    """
    known = inspect.signature(verb, eval_str=True)
    groups: dict[str, Any] = {}
    options: list[inspect.Parameter] = []
    for each in known.parameters.values():
        group: Any = each.annotation
        if is_dataclass(group):
            groups[each.name] = group
            options += inspect.signature(each.annotation, eval_str=True).parameters.values()
        else:
            options.append(each)

    @wraps(verb)
    def run(**given: Any) -> None:
        for name, group in groups.items():
            given[name] = group(**{each.name: given.pop(each.name) for each in fields(group)})
        verb(**given)

    keyword = inspect.Parameter.KEYWORD_ONLY
    options = [each.replace(kind=keyword) for each in options]
    run.__signature__ = known.replace(parameters=options)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in options}
    return run
