"""What every group of knobs has in common."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field, model_validator

from impasto.reading import Record

Rate = Annotated[float, Field(gt=0, le=1)]


class Section(Record):
    """A frozen group of knobs that refuses names it does not know."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )

    former_names: ClassVar[Mapping[str, str]] = {}
    """Former name of a knob → its name today; files and options may still use the former one."""

    @model_validator(mode="before")
    @classmethod
    def read_former_names(cls, values: Any) -> Any:
        """Accept knobs under their former names; with both names given, the former is refused."""
        if not isinstance(values, dict) or not cls.former_names.keys() & values.keys():
            return values
        names = {old: new for old, new in cls.former_names.items() if new not in values}
        return {names.get(name, name): value for name, value in values.items()}
