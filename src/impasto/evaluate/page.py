"""A judgement to look at: a table on the console, and one page with the pictures."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from impasto.core.images import data_uri, grid
from impasto.core.pages import write_page
from impasto.evaluate.judgement import Evaluation, Judgement, Neighbours
from impasto.evaluate.subject import Subject
from impasto.metrics.signs import SIGNS, Sign

GRID = 64
"""Samples, and originals, in a grid."""

MEASURES = (
    Sign("kid", "KID", "z.3f", "lower", "How far the samples as a whole are from the originals "
         "as a whole. 0 is no distance at all; the floor may lie just below it."),
    Sign("fid", "FID", "z.0f", "lower", "The same under another assumption, known from the "
         "literature. It depends on how many pictures there are: compare it with the floor, "
         "which is taken at the same number, and with nothing else."),
    Sign("precision", "precision", "z.2f", "higher", "The share of samples that look as if "
         "they could be among the originals."),
    Sign("recall", "recall", "z.2f", "higher", "The share of originals that look as if they "
         "could be among the samples: low where whole kinds of picture are never painted."),
    Sign("kid_held_out", "KID, held out", "z.3f", "lower", "KID on originals that were kept from "
         "the training. Its floor is what the other originals have: all that learning by heart "
         "could bring."),
    Sign("recall_held_out", "recall, held out", "z.2f", "higher", "Recall on originals that were "
         "kept from the training. Its floor is what the other originals have, as many as samples."),
    Sign("density", "density", "z.2f", "higher", "How crowded with originals the places are "
         "where samples lie. Above the floor: only the safest kind is painted."),
    Sign("coverage", "coverage", "z.2f", "higher", "The share of originals with a sample "
         "nearby; sturdier than recall."),
    Sign("diversity", "diversity", "z.2f", "not low", "An alarm of collapse, no praise: how "
         "different two samples are, where 1 is as different as two originals and 0 is one "
         "picture again and again. Fifty originals repeated have .98."),
)  # fmt: skip
"""In reading order, each with what it means in plain words."""


def console_table(evaluation: Evaluation) -> Table:
    """Every measure on every network, beside its floor; two networks fit into 80 columns."""
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for seen in evaluation["features"].values():
        table.add_column(seen, justify="right")
        table.add_column("floor", justify="right", style="dim")
    table.add_column("better is", style="dim")
    for measure, *cells in table_rows(evaluation):
        brief = [cell.partition(" ±")[0] if at % 2 else cell for at, cell in enumerate(cells)]
        table.add_row(measure.name, *brief, measure.better)
    return table


def signs_table(evaluation: Evaluation) -> Table:
    """The signs that no distance shows, beside the originals' own."""
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    table.add_column("samples", justify="right")
    table.add_column("originals", justify="right", style="dim")
    table.add_column("better is", style="dim")
    for sign, mine, theirs in sign_rows(evaluation):
        table.add_row(sign.name, mine, theirs, sign.better)
    return table


def sign_rows(evaluation: Evaluation) -> list[tuple[Sign, str, str]]:
    """Each sign that was looked for, then what samples and originals have, as text."""
    mine, theirs = evaluation["signs"], evaluation["signs_of_originals"]
    return [
        (sign, format(mine[sign.key], sign.form), format(theirs[sign.key], sign.form))
        for sign in SIGNS
        if sign.key in mine
    ]


def table_rows(evaluation: Evaluation) -> list[tuple[Any, ...]]:
    """For each measure: itself, then value and floor on each network, as text.

    Those on held-out pictures only where some were held out.
    """
    return [
        (
            measure,
            *(
                _cell(evaluation[part], measure, network)
                for network in evaluation["features"]
                for part in ("metrics", "floor")
            ),
        )
        for measure in MEASURES
        if not measure.key.endswith("held_out") or _has(evaluation, measure)
    ]


def _has(evaluation: Evaluation, measure: Sign) -> bool:
    return any(f"{measure.key}_{name}" in evaluation["metrics"] for name in evaluation["features"])


def _cell(values: Mapping[str, float], measure: Sign, network: str) -> str:
    key = f"{measure.key}_{network}"
    text = format(values[key], measure.form)
    if f"{key}_error" in values:
        text += f" ± {format(values[f'{key}_error'], measure.form)}"
    return text


def write_evaluation(path: Path, subject: Subject, evaluation: Judgement) -> None:
    """Write `evaluation.html`: one file, with all pictures in it."""
    write_page(
        path,
        "evaluation.html",
        name=subject.name,
        origin=subject.origin,
        against=subject.reals.name,
        pictures=evaluation["pictures"],
        words=evaluation["words"],
        notes=evaluation["notes"],
        memorised=evaluation["memorisation"]["memorised"] and evaluation["memorisation"]["words"],
        features=evaluation["features"],
        rows=table_rows(evaluation),
        signs=sign_rows(evaluation),
        samples=_grid(subject.fakes[:GRID]),
        originals=_grid(_spread(subject.reals.pictures)),
        nearest=[
            (title, [_group(subject, entry) for entry in entries])
            for entries, title in (
                (evaluation["nearest"]["as_they_come"], "As they come"),
                (evaluation["nearest"]["nearest"], "Those nearest to an original, of all"),
            )
            if entries
        ],
    )


def _grid(pictures: NDArray[np.uint8]) -> str:
    return data_uri(grid(np.asarray(pictures)))


def _spread(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Originals from the whole set, since neighbours in it are often alike."""
    rows = np.linspace(0, len(pictures) - 1, min(GRID, len(pictures))).astype(int)
    return np.asarray(pictures[rows])


def _group(subject: Subject, entry: Neighbours) -> dict[str, object]:
    """A sample and its nearest originals, for the page."""
    return {
        "picture": data_uri(np.asarray(subject.fakes[entry["sample"]])),
        "name": subject.label(entry["sample"]),
        "verdict": entry["verdict"],
        "originals": [
            (data_uri(np.asarray(subject.reals.pictures[row])), row, distance)
            for row, distance in zip(entry["originals"], entry["distances"], strict=True)
        ],
    }
