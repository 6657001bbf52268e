"""Which seeds are whose: pictures that judge must be none that anybody chose by, or looks at."""

SHOWN = 0
"""Sheets, and `impasto generate` unless told otherwise: 0, 1, 2 …"""

CHOSEN_BY = 10**6
"""What the judge sees in training: by these `best/` is chosen."""

SETTLED_BY = 2 * 10**6
"""What BatchNorm's statistics of an average are counted on."""

FLATTENED_BY = 3 * 10**6
"""What the pattern that all pictures share is measured on."""

PLACED_BY = 4 * 10**6
"""What tells how far a set is from what a base paints."""

COMPARED = 10**7
"""What `impasto compare` judges."""

EVALUATED = 2 * 10**7
"""What `impasto evaluate` judges."""
