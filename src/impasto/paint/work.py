"""A painting at work: level by level, each committed with strokes that are really drawn."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from impasto.brush.choice import known_brush
from impasto.core.device import has_fast_bf16
from impasto.core.threads import THREADS
from impasto.errors import ImpastoError
from impasto.paint.canvas import Patch, draw_patches, lay
from impasto.paint.colours import solve_colours
from impasto.paint.document import Painting, Strokes, rounded
from impasto.paint.levels import SHIFTS, Level, Squares, cut, grid, plan_levels, worst
from impasto.paint.optimise import (
    BATCH,
    Batch,
    Dictionary,
    Limits,
    Loss,
    Network,
    descend,
    pursue,
)
from impasto.paint.pace import Pace
from impasto.paint.plan import Plan, Subject
from impasto.paint.structure import Structure, rim, rim_width, visibility
from impasto.paint.worth import worth

Array = NDArray[np.float32]

SIDE = 32
"""Pixels to which a square is brought for the search: a quarter of the work of 64."""

PHASE_ITERATIONS, LAST_ITERATIONS = 6, 10
"""Of conjugate gradients for the colours of a phase, and of all strokes at the end."""

BARE = 0.01
"""Squared error of a pixel's three channels that bare canvas counts in addition, where squares
and strokes are chosen: half covered, a calm sky looks written on."""

THINNING = 2
"""Rounds in which strokes are taken away: which are worth least changes when some are gone."""

UNPAINTED = 0.06
"""How far a canvas that was begun may be from its ground's colour where it is still bare."""

REHEARSED = 4
"""Strokes of a level that are drawn once more to see how long the finished picture will take."""


Snap = Callable[[Array], Array]
"""Colours (N, 3) → colours that the palette has."""


@dataclass(frozen=True)
class Scene:
    """What strokes are chosen for."""

    picture: Array
    """(H, W, 3), what they should make."""

    canvas: Array
    """(H, W, 3), what they are laid on."""

    care: Array
    """(H, W), the weight of each pixel's squared error."""

    through: Array
    """(H, W), how bare each pixel still is."""


class Work:
    """A painting that is being painted."""

    def __init__(
        self,
        subject: Subject,
        brush: str,
        network: Network,
        plan: Plan,
        pace: Pace,
        loss: Loss,
        snap: Snap | None,
    ) -> None:
        self.subject, self.brush, self.network, self.plan = subject, brush, _quick(network), plan
        self.pace, self.loss, self.snap = pace, loss, snap
        self.height, self.width, _ = subject.picture.shape
        self.longer = max(self.height, self.width)
        self.structure = Structure(subject.picture)
        shows = visibility(subject.picture, plan.masking) * rim(self.height, self.width)
        self.care = subject.care * shows
        self.dictionaries: dict[tuple[float, float], Dictionary] = {}
        self.rehearsed: dict[int, float] = {}
        self.patches: list[Patch] = []
        self.laid: list[Strokes] = []
        self.limits: list[Limits] = []
        self.turns: list[int] = []
        self.canvas = self.bare()
        self.through = self.open()

    def bare(self) -> Array:
        """(H, W, 3): the canvas before the first stroke."""
        if self.subject.begun is not None:
            return self.subject.begun.copy()
        return np.full(self.subject.picture.shape, self.subject.ground, np.float32)

    def open(self) -> Array:
        """(H, W): where that is bare: if it was begun, what still has the ground's colour."""
        apart = np.abs(self.bare() - np.asarray(self.subject.ground, np.float32)).max(2)
        return np.asarray(apart < UNPAINTED, np.float32)

    def phases(self, planned_levels: Sequence[Level] | None = None) -> Iterator[None]:
        """Paint; between two phases, the canvas is whole.

        Args:
            planned_levels: over which the strokes are shared out; as is best if not given.
        """
        plan = self.plan
        usual = known_brush(self.brush).usual_width
        size = (self.height, self.width, plan.laid, plan.together)
        levels = [
            (level, limits)
            for level in planned_levels or plan_levels(*size, plan.brushes, usual)
            if (limits := self._limits(level)) is not None
        ]
        if not levels:
            raise ImpastoError(
                "No stroke fits between --thinnest and --broadest; choose values that are further "
                "apart."
            )
        planned = sum(level.strokes for level, _ in levels)
        owed = 0.0  # what the limits on width left out goes to the levels that they left
        for number, (level, limits) in enumerate(levels):
            wanted = level.strokes * plan.laid / planned
            strokes = wanted * self.pace.share()
            self.pace.leave_out(round(wanted - strokes))
            phases = max(1, min(level.phases, int(strokes / plan.together)))
            for phase in range(phases):
                owed += strokes / phases
                owed -= self._phase(level, limits, phase, round(owed))
                yield
            last = number == len(levels) - 1
            for phase in range(level.phases, 4 * len(SHIFTS) if last else 0):
                if round(owed) < 1:
                    return
                owed -= self._phase(level, limits, phase, round(owed))
                yield

    def _limits(self, level: Level) -> Limits | None:
        """Limits of the strokes in a level's squares; None if no stroke there is allowed."""
        # The radius of a stroke of size 0, in shares of the longer side.
        brush = known_brush(self.brush)
        radius = level.side / 64 / self.longer * np.exp(brush.radius.base)
        thin = np.log(max((level.width or self.plan.finest) / 2 / radius, 1e-9)) / 2
        thick = np.log(max((level.width or self.plan.broadest) / 2 / radius, 1e-9)) / 2
        low, high = max(brush.thinnest, float(thin)), min(1.0, float(thick))
        return Limits.of(low, high, PRESSURE) if low <= high else None

    def _dictionary(self, limits: Limits) -> Dictionary:
        key = (float(limits.low[1]), float(limits.high[1]))
        if key not in self.dictionaries:
            self.dictionaries[key] = Dictionary.drawn(
                self.network, limits, SIDE, self.plan.tries, self.plan.seed
            )
        return self.dictionaries[key]

    def _phase(self, level: Level, limits: Limits, phase: int, strokes: int) -> int:
        """Choose the worst squares, paint strokes into them, draw these, choose their colours.

        Returns:
            How many strokes were laid: at most `strokes`.
        """
        together = min(self.plan.together, strokes)
        if not together:
            return 0
        dictionary = self._dictionary(limits)
        began, stepping = self.pace.clock(), 0.0
        error = (self.canvas - self.subject.picture) ** 2 @ np.ones(3, np.float32)
        squares = worst(
            grid(self.height, self.width, level.side, phase),
            (error + BARE * self.through) * self.care,
            strokes // together,
            self.plan.even,
            self.plan.seed + len(self.patches),
        )
        batch = self.cut(squares, self.scene())
        wider = limits.up_to_the_rim(squares.outermost(self.height, self.width))
        found: list[Tensor] = []
        for start in range(0, len(batch), BATCH // together):
            some = (start, start + BATCH // together)
            part = batch.part(*some)
            if found and self.pace.over():
                break  # the worst squares are done
            steps = self.pace.steps_for((len(batch) - start) * together, start * together)
            guess = pursue(part, dictionary, together, self.plan.follow)
            since = self.pace.clock()
            found.append(descend(guess, part, self.network, wider.part(*some), steps, self.loss))
            spent = self.pace.clock() - since
            self.pace.stepped(len(part) * together, steps, spent)
            stepping += spent
        geometry = torch.cat(found).numpy()
        laid = len(geometry) * together
        # First: Ctrl-C may come between two lines, and no stroke is to be without a turn.
        self.turns += [len(self.limits)] * laid
        self.limits.append(limits)
        ending = self._commit(squares.first(len(geometry)), geometry)
        self.pace.drew(laid, self.pace.clock() - began - stepping, ending)
        return laid

    def cut(self, squares: Squares, scene: Scene) -> Batch:
        """What these squares show, at the size of the search."""
        # What lies beyond the rim is painted as the rim is, a little way: strokes that end
        # there would leave the last row of pixels half bare.
        wide = rim_width(self.height, self.width)
        around = ((wide, wide), (wide, wide), (0, 0))
        planes = np.stack((scene.care, BARE * scene.through * scene.care), 2)
        layers = np.concatenate([scene.picture, scene.canvas, planes], 2)
        moved = Squares(squares.left + wide, squares.top + wide, squares.side)
        parts = cut(np.pad(layers, around, mode="edge"), moved, SIDE).flatten(2)
        flow = self.structure.flow(squares)
        return Batch(parts[:, :3], parts[:, 3:6], parts[:, 6:7], flow, parts[:, 7:])

    def _commit(self, squares: Squares, geometry: Array) -> float:
        """Draw the strokes of a phase as they will be drawn again, and lay them.

        Returns:
            How many seconds more the end is going to take because of them.
        """
        together = geometry.shape[1]
        place = np.stack([squares.left, squares.top, np.full(len(squares), squares.side)], 1)
        strokes = rounded(
            Strokes(
                np.repeat(place / self.longer, together, 0).astype(np.float32),
                geometry.reshape(-1, 9),
                np.zeros((len(squares) * together, 3), np.float32),
            )
        )
        patches = self.draw(strokes)
        means = np.stack([self._mean_under(patch) for patch in patches])
        began = self.pace.clock()
        colours = self.solve(patches, means, self.scene())
        ending = (self.pace.clock() - began) * LAST_ITERATIONS / PHASE_ITERATIONS
        strokes = rounded(Strokes(strokes.squares, strokes.geometry, colours))
        for patch, colour in zip(patches, strokes.colours, strict=True):
            self._lay(patch, colour)
        self.patches += patches
        self.laid.append(strokes)
        return ending + self._rehearsed(strokes, squares.side)

    def _rehearsed(self, strokes: Strokes, side: int) -> float:
        """Seconds in which these are going to be drawn in the finished picture: some are tried."""
        drawn_already = self.plan.size == self.longer and not self.plan.brushes
        if self.plan.seconds is None or drawn_already:
            return 0.0
        if side not in self.rehearsed:
            longer = self.plan.size or self.longer
            height, width = (round(v * longer / self.longer) for v in (self.height, self.width))
            some, began = strokes[:REHEARSED], self.pace.clock()
            for _ in draw_patches(some, self.brush, self.plan.seed, longer, height, width):
                pass
            self.rehearsed[side] = (self.pace.clock() - began) / len(some)
        return self.rehearsed[side] * len(strokes)

    def draw(self, strokes: Strokes) -> list[Patch]:
        """Draw strokes as they will be drawn again, at this canvas's size."""
        size = (self.longer, self.height, self.width)
        return list(draw_patches(strokes, self.brush, self.plan.seed, *size))

    def _mean_under(self, patch: Patch) -> Array:
        target = self.subject.picture[patch.rows, patch.columns]
        total = np.tensordot(patch.alpha, target, 2) + 1e-3 * np.asarray(self.subject.ground)
        return np.asarray(total / (patch.alpha.sum() + 1e-3), np.float32)

    def scene(self, canvas: Array | None = None, through: Array | None = None) -> Scene:
        """What the next strokes see; on another canvas if one is given, and where that is bare."""
        canvas = self.canvas if canvas is None else canvas
        through = self.through if through is None else through
        return Scene(self.subject.picture, canvas, self.care, through)

    def solve(
        self, patches: list[Patch], colours: Array, scene: Scene, iterations: int = PHASE_ITERATIONS
    ) -> Array:
        """Choose the colours of strokes on a scene: (N, 3), of the palette."""
        hold = known_brush(self.brush).hold
        places = scene.canvas, scene.picture, scene.care
        solved = solve_colours(patches, colours, *places, iterations, hold)
        return self.snap(solved) if self.snap else solved

    def thin_out(self) -> None:
        """Take away what strokes are too many: those worth least, solving for colours between."""
        for rounds in range(THINNING, 0, -1):
            if sum(map(len, self.laid)) <= self.plan.strokes:
                return
            self.settle_colours()
            self._leave(math.ceil((len(self.patches) - self.plan.strokes) / rounds))

    def thin_out_at_once(self) -> None:
        """The same in one round, in the colours that the strokes have."""
        more = sum(map(len, self.laid)) - self.plan.strokes
        if more > 0:
            self.lay_again()
            self._leave(more)

    def _leave(self, gone: int) -> None:
        """Take away so many strokes: those worth least."""
        strokes = Strokes.joined(self.laid)
        aim = self.bare(), self.subject.picture, self.care
        value = worth(self.patches, strokes.colours, *aim, BARE, self.open())
        stay = np.sort(np.argsort(-value, kind="stable")[: len(strokes) - gone])
        turns = [self.turns[index] for index in stay]
        self.take(strokes[stay], [self.patches[index] for index in stay])
        self.turns = turns

    def settle_colours(self) -> None:
        """Solve for the colours of all strokes at once, and lay them all again."""
        strokes = Strokes.joined(self.laid)
        del self.patches[len(strokes) :]  # of a phase that was interrupted
        if self.snap is None and self.patches:
            start = self.scene(self.bare(), self.open())
            colours = self.solve(self.patches, strokes.colours, start, LAST_ITERATIONS)
            strokes = rounded(Strokes(strokes.squares, strokes.geometry, colours))
        self.take(strokes, self.patches)

    def lay_again(self) -> None:
        """Make the canvas whole again with the strokes that were laid, after an interruption."""
        strokes = Strokes.joined(self.laid)
        self.take(strokes, self.patches[: len(strokes)])

    def take(self, strokes: Strokes, patches: list[Patch]) -> None:
        """Put strokes that are there already, and as they were drawn, on a bare canvas."""
        self.laid, self.patches, self.canvas = [strokes], patches, self.bare()
        self.through = self.open()
        for patch, colour in zip(patches, strokes.colours, strict=True):
            self._lay(patch, colour)

    def _lay(self, patch: Patch, colour: Array) -> None:
        lay(self.canvas, patch, colour)
        self.through[patch.rows, patch.columns] *= 1 - patch.alpha

    def painting(self) -> Painting:
        """What has been painted."""
        return Painting(
            width=self.width,
            height=self.height,
            brush=self.brush,
            seed=self.plan.seed,
            ground=self.subject.ground,
            texture=self.subject.texture,
            strokes=Strokes.joined(self.laid),
        )


def _quick(network: Network) -> Network:
    """The network in bf16 where the CPU has it: half the time; the engine draws in full anyway."""
    fast = has_fast_bf16("cpu")

    def draw(geometry: Tensor, side: int) -> Tensor:
        THREADS.adjust()
        with torch.autocast("cpu", torch.bfloat16, enabled=fast):
            return network(geometry, side)

    return draw


PRESSURE = 0.2
"""The least pressure: fainter strokes are work that nobody sees."""
