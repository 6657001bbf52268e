"""Options in groups: a verb takes dataclasses whose fields are its options.

The options stand beside the verb's function, several verbs can share a group, and a group's methods
interpret its options together.
"""

import inspect
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import wraps
from typing import Any


def grouped(verb: Callable[..., None]) -> Callable[..., None]:
    """The verb with one parameter per option, as typer and the studio's forms need it.

    Parameters that are dataclasses are replaced by their fields, in order; others stay.
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
