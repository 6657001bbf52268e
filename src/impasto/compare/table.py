"""A comparison to look at: the table on the console, and one page with the grids side by side."""

from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup
from rich.console import Console
from rich.table import Table

from impasto.compare.comparison import Plan
from impasto.compare.results import Average, Result, leading, networks_of, summary
from impasto.core.curves import curves
from impasto.core.images import data_uri, grid, save
from impasto.core.pages import write_page
from impasto.core.runs import Run
from impasto.generate.artefact import load_generator
from impasto.generate.sampler import paint_seeds
from impasto.metrics.signs import SIGNS
from impasto.train.report import embed

GRID = 36
"""Pictures in one grid: latents of the seeds 0–35, the same for every recipe."""

LEADING = (
    ("taken for real", "taken_for_real", ".0%"), ("told apart", "told_apart", ".2f"),
    ("stamp", "stamp", "z.2f"), ("lattice", "lattice", "z.1f"), ("lines", "lines", "z.1f"),
    ("faces", "faces", ".3f"), ("recall held out", "recall_held_out_{0}", ".2f"),
)  # fmt: skip
"""Heading, key of the row, format; {0} is the network that leads. What people saw comes first,
then what can be learnt to see."""

DISTANCES = (("KID-{0}", "kid_{0}", ".3f"), ("FID-{0}", "fid_{0}", ".0f"))
"""Alarms, once for each network."""

REST = (
    ("precision", "precision_{0}", ".2f"), ("recall", "recall_{0}", ".2f"),
    ("images/s", "images_per_second", ".0f"), ("images", "images", ",.0f"),
    ("minutes", "minutes", ".1f"), ("processor min", "processor_minutes", ".1f"),
    ("GiB", "memory", ".1f"),
)  # fmt: skip

MOST_WANTED = ("recipe", "told apart", "stamp", "KID-{0}", "images", "alarms")
"""Headings that fit into 80 columns; the page has the others."""

WIDEST = 1000
"""Characters that the whole table may have."""


def columns(networks: Sequence[str]) -> list[tuple[str, str, str]]:
    """Heading, key of the row, format, in reading order."""
    lead = networks[0]
    found = [(name, key.format(lead), form) for name, key, form in LEADING]
    for network in networks:
        found += [
            (name.format(network), key.format(network), form) for name, key, form in DISTANCES
        ]
    return found + [(name, key.format(lead), form) for name, key, form in REST]


def headings(networks: Sequence[str]) -> list[str]:
    """Of the table, the recipe's name first."""
    return ["recipe", *(name for name, _, _ in columns(networks)), "M weights", "alarms"]


def cells(row: Average) -> list[str]:
    """One recipe's numbers as text; a dash where there are none."""
    found, numbers = [row.recipe], row.numbers
    for _, key, form in columns(row.networks):
        if key not in numbers:
            found.append("–")
            continue
        text = format(numbers[key], form)
        if f"{key}_error" in numbers:
            text += f" ± {format(numbers[f'{key}_error'], form)}"
        if row.seeds > 1 and numbers.get(f"{key}_spread"):
            text += f" ({format(numbers[f'{key}_spread'], form)})"
        found.append(text)
    found.append(" + ".join(f"{count:.1f}" for count in row.parameters))
    found.append(f"{row.alarms} of {row.seeds}")
    return found


def console_table(results: Sequence[Result], console: Console) -> Table:
    """The summary, best first: all of it, or what matters most where the console is narrow."""
    networks = networks_of(results)
    rows = [headings(networks), *(cells(row) for row in summary(results))]
    whole = _table(rows)
    if (
        console.measure(whole, options=console.options.update(width=WIDEST)).maximum
        <= console.width
    ):
        return whole
    shown = [rows[0].index(heading.format(networks[0])) for heading in MOST_WANTED]
    return _table([[row[column] for column in shown] for row in rows])


def _table(rows: Sequence[Sequence[str]]) -> Table:
    """Text in columns under the first row."""
    table = Table(box=None, pad_edge=False, collapse_padding=True)
    for number, heading in enumerate(rows[0]):
        table.add_column(heading, justify="right" if number else "left", no_wrap=True)
    for row in rows[1:]:
        table.add_row(*row)
    return table


def markdown_table(results: Sequence[Result]) -> str:
    """The same for a document."""
    names = headings(networks_of(results))
    lines = ["| " + " | ".join(names) + " |", "|---" + "|---:" * (len(names) - 1) + "|"]
    lines += ["| " + " | ".join(cells(row)) + " |" for row in summary(results)]
    return "\n".join(lines)


def write_comparison(plan: Plan, results: Sequence[Result]) -> Path:
    """`comparison.html`, and each recipe's grid as `grids/<recipe>.png`."""
    grids = {}
    for result in results:
        path = plan.out / "grids" / f"{Path(result.folder).name}.png"
        if result.metrics:
            generator = load_generator(Path(result.folder), plan.checkpoint)
            pictures = paint_seeds(generator, range(GRID))
            save(grid(pictures), path)
            grids[result.folder] = data_uri(grid(pictures))
    page = plan.out / "comparison.html"
    sheets = [Run(Path(result.folder)).reals for result in results]
    order = [row.recipe for row in summary(results)]
    write_page(
        page,
        "comparison.html",
        data=plan.data,
        headings=headings(networks_of(results)),
        rows=[(cells(row), row.failures) for row in summary(results)],
        floor=next((result.floor for result in results if result.floor), {}),
        lead=leading(results),
        meanings=[(sign.name, sign.meaning) for sign in SIGNS if sign.key != "faces_confidence"],
        reals=next((embed(sheet) for sheet in sheets if sheet.is_file()), None),
        shown=sorted(
            ((Path(r.recipe).stem, r, grids.get(r.folder)) for r in results),
            key=lambda shown: (order.index(shown[0]), shown[1].seed),
        ),
        kid_curves=curves_by_judge(results),
    )
    return page


def curves_by_judge(results: Sequence[Result]) -> dict[str, Markup]:
    """KID in training against minutes, of each recipe's first seed; each judge has its own axes."""
    shown = [result for result in results if result.seed == 0 and result.curve]
    return {
        judge: curves(
            {
                Path(result.recipe).stem: (
                    [minutes for minutes, _ in result.curve],
                    [kid for _, kid in result.curve],
                )
                for result in shown
                if result.judge == judge
            },
            unit="minutes",
        )
        for judge in sorted({result.judge for result in shown})
    }
