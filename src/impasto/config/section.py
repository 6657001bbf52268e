"""What every group of knobs has in common."""

from typing import Annotated

from pydantic import ConfigDict, Field

from impasto.reading import Record

Rate = Annotated[float, Field(gt=0, le=1)]


class Section(Record):
    """A frozen group of knobs that refuses names it does not know."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )
