"""The run directory: its lines, its checkpoints, its one writer."""

import pytest

from impasto.core.runs import Run, append_line, read_lines, title
from impasto.errors import ImpastoError


@pytest.fixture
def run(tmp_path) -> Run:
    return Run(tmp_path / "run")


def keep(run: Run, *images: int) -> None:
    for each in images:
        path = run.checkpoint(each)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_checkpoints_are_in_the_order_of_their_images(run):
    keep(run, 1_000, 0, 64)
    assert [int(path.stem) for path in run.checkpoints()] == [0, 64, 1_000]
    assert [int(path.stem) for path in run.checkpoints_until(64)] == [0, 64]


@pytest.mark.parametrize(
    ("which", "images"), [("last", 1_000), ("64", 64), ("1,000", 1_000), ("0", 0), ("000064", 64)]
)
def test_a_checkpoint_is_found_as_people_write_its_number(run, which, images):
    keep(run, 0, 64, 1_000)
    assert run.kept_checkpoint(which) == run.checkpoint(images)


def test_a_checkpoint_that_is_not_kept_names_those_that_are(run):
    with pytest.raises(ImpastoError, match="keeps no checkpoints"):
        run.kept_checkpoint("last")
    keep(run, 0, 64)
    with pytest.raises(ImpastoError, match=r"--checkpoint 65: .* keeps 0, 64"):
        run.kept_checkpoint("65")


def test_lines_of_a_future_that_comes_again_are_dropped(run):
    run.folder.mkdir()
    for images in (4, 8, 12):
        append_line(run.stats, {"images": images, "minutes": 0.1, "d_loss": 1.0})
        append_line(run.alarms, {"images": images, "words": "Collapsed."})
    run.forget_after(8)
    assert [row["images"] for row in run.statistics()] == [4, 8]
    assert len(run.said_alarms()) == 3  # a resumed run would say them again otherwise


def test_a_torn_last_line_is_passed_over_and_a_foreign_one_named(run):
    run.folder.mkdir()
    append_line(run.metrics, {"images": 4, "kid": 0.1, "kid_error": 0.01})
    with run.metrics.open("a") as file:
        file.write('{"images": 8, "ki')
    assert [row["images"] for row in run.judgements()] == [4]
    run.metrics.write_text('{"images": "many"}\n')
    with pytest.raises(ImpastoError, match="line 1"):
        read_lines(run.metrics)


def test_one_writer_at_a_time(run):
    with run.locked(), pytest.raises(ImpastoError, match="Another training"), run.locked():
        pass
    with run.locked():
        run.note("free again")


def test_a_run_that_began_from_nothing_has_no_origin(run):
    assert run.began_from() == ""


def test_a_best_folder_is_called_after_its_run(tmp_path):
    assert title(str(tmp_path / "mine" / "best")) == title(str(tmp_path / "mine")) == "mine"
