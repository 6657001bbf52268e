"""Knobs of the two networks."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from impasto.config.section import Section
from impasto.families import FAMILIES, Family, families_with
from impasto.sizes import check_paintable, read_sides, write_sides

Width = Annotated[int, Field(ge=1, le=2048)]
Stages = Annotated[tuple[Annotated[int, Field(ge=0, le=4)], ...], Field(min_length=1, max_length=5)]


if TYPE_CHECKING:
    Architecture = str
else:
    Architecture = Literal[*FAMILIES]


class Model(Section):
    """The two networks."""

    former_names: ClassVar[Mapping[str, str]] = {"things_every": "dinov2_every"}

    architecture: Architecture = "dcgan"
    """The network family; `src/impasto/models/` has one file for each."""

    size: int | str = 64
    """Side of a square picture: 32, 64, 128, 256, 512 or 1024; `impasto` also paints `192x128`."""

    as_published: bool = False
    """True: the published networks, but for what the recipe's header lists; false: our earlier
    variant. Only for `paint-by-numbers`, `projected` and `fastgan`."""

    latent: Annotated[int, Field(ge=1, le=4096)] = 100
    """Length of the latent: how many random numbers a picture is made from."""

    generator_width: Width = 64
    """Channels of the generator's last hidden layer (`dcgan`; twice as many at each coarser one),
    of its map at 64² (`impasto`), or as the family's file says."""

    discriminator_width: Width = 64
    """Channels of the discriminator's first layer (`dcgan`; twice as many at each coarser one), or
    as the family's file says."""

    normalisation: Literal["none", "generator", "both"] = "both"
    """Networks with BatchNorm, in `dcgan` and `art-gan`; a gradient penalty needs D without."""

    initialisation: Literal["normal", "framework"] = "normal"
    """`normal`: weights N(0, .02), BatchNorm N(1, .02), as DCGAN; `framework`: the family's own."""

    features_size: Annotated[int, Field(ge=64, le=512)] = 224
    """Side in pixels of the frozen network's input, in `projected` and `impasto`."""

    features_stages: Stages = (1, 2, 3)
    """Stages of the frozen network that get a head, 0 (stride 2) to 4 (32); `impasto` only."""

    noise: bool = False
    """Add noise of learnt strength to the maps from 8² to 64² (StyleGAN); `impasto` only."""

    edges: Literal["zeros", "replicate"] = "zeros"
    """Padding of the generator's maps up to 16²; `impasto` only."""

    flat_field: bool = False
    """Measure the pattern that samples share when a training ends, and subtract it if most have
    it; `impasto` only."""

    dinov2_every: Annotated[int, Field(ge=0, le=64)] = 0
    """Use a second critic, on DINOv2, in one of so many rounds (a round ends with a step of the
    generator); 0: never. `impasto` only."""

    labels: Annotated[int, Field(ge=0, le=65_535)] = 0
    """Number of labels; `--conditional` sets it from the data. `impasto` only."""

    @field_validator("size", mode="plain")
    @classmethod
    def paintable(cls, size: object) -> int | str:
        """Every stage halves or doubles the picture; a square is written as one number."""
        width, height = read_sides(size)
        check_paintable(width, height)
        return write_sides(width, height)

    @model_validator(mode="after")
    def other_sizes_need_any_size(self) -> Self:
        """The published families are for squares whose side is a power of two."""
        odd = self.width & (self.width - 1) or self.width != self.height
        if odd and not self.family.any_size:
            raise ValueError(
                f"size {self.size} is for the architecture {families_with('any_size')} alone; "
                f"{self.architecture} paints squares of 32, 64, 128, 256, 512 or 1024 pixels"
            )
        return self

    @property
    def family(self) -> Family:
        """What the architecture can do."""
        return FAMILIES[self.architecture]

    @property
    def width(self) -> int:
        """Of a picture, in pixels."""
        return read_sides(self.size)[0]

    @property
    def height(self) -> int:
        """Of a picture, in pixels."""
        return read_sides(self.size)[1]

    @model_validator(mode="after")
    def labels_need_a_conditional_family(self) -> Self:
        """Only some families learn labels."""
        if self.labels and not self.family.labels:
            raise ValueError(
                f"{self.architecture} learns no labels, only {families_with('labels')} does; "
                "leave out --conditional (or set labels to 0), or choose a recipe with that "
                "architecture"
            )
        return self
