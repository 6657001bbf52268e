"""Network families and their capabilities.

A new family is a row here and a file in `models/` of its name (`-` written `_`) that ends with
`generator_of` and `discriminator_of`, both functions of a recipe's `model` section. A family
without these traits needs nothing else. Some traits need more, as other code relies on it:

- `freezes`: the discriminator is `models.impasto_discriminator.Discriminator` (`freeze`);
  `train/steps.py`.
- `grows`, `labels`: the weights' names are those of `models/impasto.py` (`is_finer`, `made_finer`,
  `with_new_heads`, `taught_labels`); `train/transfer.py`.
- `redraws`: `models.fastgan.logits_and_reconstruction` takes the discriminator;
  `train/objectives.py`.
- `looks_through`: nothing more, but only `models.impasto_discriminator.Discriminator`
  (`extract_features`, `heads_on`) computes the features of the fakes once for both networks;
  `train/objectives.py`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """What a family can do."""

    any_size: bool = False
    """Paints oblongs, and sides that are no power of two."""

    labels: bool = False
    """Learns labels."""

    freezes: bool = False
    """Its discriminator's first layers can stay as they are."""

    grows: bool = False
    """A generator can go on at two, four, … times its size."""

    redraws: bool = False
    """Its discriminator also redraws what it sees (`loss.reconstruction`)."""

    looks_through: tuple[str, ...] = ()
    """Frozen networks that its discriminator looks through: they judge nothing of it."""

    heeds: tuple[str, ...] = ()
    """Knobs of `model` that it heeds and some other family ignores."""

    course_is_known: bool = False
    """It was measured how its KID falls, so that a judgement can say what comes next."""


FAMILIES = {
    "dcgan": Family(heeds=("normalisation",)),
    "paint-by-numbers": Family(heeds=("as_published",)),
    "art-gan": Family(heeds=("normalisation",)),
    "r3gan": Family(),
    "fastgan": Family(redraws=True, heeds=("as_published",)),
    "projected": Family(looks_through=("lite0",), heeds=("as_published", "features_size")),
    "impasto": Family(
        any_size=True,
        labels=True,
        freezes=True,
        grows=True,
        looks_through=("lite0",),
        heeds=(
            "features_size",
            "features_stages",
            "noise",
            "edges",
            "flat_field",
            "dinov2_every",
        ),
        course_is_known=True,
    ),
}


def families_with(trait: str) -> str:
    """The families with a trait, in words: `impasto`, `fastgan or impasto`."""
    return " or ".join(name for name, family in FAMILIES.items() if getattr(family, trait))


def families_heeding(knob: str) -> tuple[str, ...]:
    """The families that heed a knob of `model`; none for a knob that all of them heed."""
    return tuple(name for name, family in FAMILIES.items() if knob in family.heeds)
