"""When more of the same training no longer helps."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

PLATEAU = 6
"""Judgements without progress after which a training is said to help no longer."""


def no_longer_helps(
    judgements: Iterable[Mapping[str, Any]], cool_from: float | None = None, by: str = "kid"
) -> str | None:
    """One sentence, once, when the last `PLATEAU` judgements brought nothing; else None.

    A judgement is better only by more than its standard error: noise alone would go on forever.

    Args:
        judgements: lines of `metrics.jsonl`, in order.
        cool_from: share of the training from which its rates fall, if they do. Until they have
            fallen to a half KID goes up and down, and most of what it will lose is to come.
        by: the number that is to fall; beside it `…_error`.
    """
    half_cooled = 0.0 if cool_from is None else (1 + cool_from) / 2
    lowest, at, since, share = math.inf, 0, 0, 0.0
    for row in judgements:
        if row.get("share", 1.0) < share:  # it was given more minutes: another cooling begins
            since = 0
        share = row.get("share", 1.0)
        if share < half_cooled or by not in row:
            continue
        if row[by] < lowest - row[f"{by}_error"]:
            lowest, at, since = row[by], row["images"], 0
        else:
            since += 1
    if since != PLATEAU:
        return None
    what = "KID" if by == "kid" else "What the probe tells apart"
    return (
        f"{what} has not fallen since {at:,} images: more of the same training no longer helps. "
        "The best snapshot is kept; Ctrl-C stops without losing anything."
    )
