"""Paint what was named: a generator's pictures, a folder of photographs, a film or a photograph."""

from pathlib import Path

from impasto.core.footage import CLIPS
from impasto.core.notes import Notes, latents_in
from impasto.core.shipped import holds_generator
from impasto.paint.clip import paint_clip
from impasto.paint.commission import Done, Order, paint_picture, paint_run
from impasto.paint.picture import read_photograph
from impasto.paint.several import paint_folder


def paint_subject(
    subject: Path, order: Order, out: Path, began: float, count: int = 1, checkpoint: str = "best"
) -> list[Done]:
    """Paint a photograph, a film, a folder of photographs, or what a generator makes.

    Args:
        subject: the file or the folder.
        order: how.
        out: the folder for the files.
        began: when the user began to wait, by `core.clock`.
        count: of a generator, how many pictures.
        checkpoint: of a generator, `best`, `last`, or the number of images of a kept one.

    Raises:
        ImpastoError: the subject cannot be read, or an option does not fit.
    """
    if subject.is_dir() and holds_generator(subject):
        return paint_run(subject, order, out, count, checkpoint)
    if subject.is_dir():
        return paint_folder(subject, order, out)
    if subject.suffix.lower() in CLIPS:
        return [paint_clip(subject, order, out, began)]
    notes = Notes(latents=latents_in(subject))
    return [paint_picture(read_photograph(subject), order, out, began, notes)]
