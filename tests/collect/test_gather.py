from collections.abc import Iterator
from pathlib import Path

import pytest

from impasto.collect.client import Client
from impasto.collect.gather import MOST_FAILURES, Bounds, Summary, gather
from impasto.collect.ledger import Ledger
from impasto.collect.record import Record, Wanted
from impasto.errors import ImpastoError
from tests.collect.site import Answer, Site, as_page, as_picture


def works(site: Site, count: int, public: bool | None = True) -> list[Record]:
    for number in range(count):
        site.answers[f"/{number}.jpg"] = [as_picture(number)]
    return [
        Record("met", str(number), public_domain=public, pictures=(f"{site.base}/{number}.jpg",))
        for number in range(count)
    ]


def run(
    records: list[Record] | Iterator[Record],
    client: Client,
    folder: Path,
    bounds: Bounds,
    wanted: Wanted | None = None,
) -> Summary:
    return gather(iter(records), client, Ledger(folder), wanted or Wanted(), bounds)


def pictures(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir() if file.suffix == ".jpg")


def test_pictures_are_taken_until_there_are_enough(
    site: Site, client: Client, tmp_path: Path, bounds: Bounds
):
    enough = Bounds(3, bounds.picture_bytes, bounds.total_bytes)
    summary = run(works(site, 5), client, tmp_path, enough)
    assert (summary.new, summary.earlier, summary.ended) == (3, 0, "")
    assert len(pictures(tmp_path)) == 3
    assert site.times_asked("/3.jpg") == 0


def test_the_same_command_goes_on_and_downloads_nothing_twice(
    site: Site, client: Client, tmp_path: Path, bounds: Bounds
):
    run(works(site, 2), client, tmp_path, bounds)
    summary = run(works(site, 4), client, tmp_path, bounds)
    assert (summary.new, summary.earlier) == (2, 2)
    assert all(site.times_asked(f"/{number}.jpg") == 1 for number in range(4))


def test_an_interrupt_keeps_what_there_is(
    site: Site, client: Client, tmp_path: Path, bounds: Bounds
):
    records = works(site, 4)

    def interrupted() -> Iterator[Record]:
        yield from records[:2]
        raise KeyboardInterrupt

    summary = run(interrupted(), client, tmp_path, bounds)
    assert (summary.new, summary.ended) == (2, "interrupted")
    assert run(records, client, tmp_path, bounds).new == 2
    assert len(pictures(tmp_path)) == 4


def test_an_interrupt_during_a_download_leaves_no_half_of_a_picture(
    site: Site, client: Client, tmp_path: Path, bounds: Bounds, monkeypatch: pytest.MonkeyPatch
):
    records = works(site, 2)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("impasto.core.files.os.fsync", interrupt)
    assert run(records, client, tmp_path, bounds).ended == "interrupted"
    assert list(tmp_path.glob("*.jpg*")) == list(tmp_path.glob(".*.part")) == []


def test_works_under_copyright_are_left_unless_any_licence_will_do(
    site: Site, client: Client, tmp_path: Path, bounds: Bounds
):
    records = works(site, 2, public=False)
    summary = run(records, client, tmp_path, bounds)
    assert summary.new == 0 and summary.skipped == {"not in the public domain": 2}
    assert run(records, client, tmp_path, bounds).skipped == {}  # asked and answered
    assert run(records, client, tmp_path, bounds, Wanted(any_licence=True)).new == 2


def test_a_source_that_does_not_tell_is_believed(
    site: Site, client: Client, tmp_path: Path, bounds: Bounds
):
    assert run(works(site, 1, public=None), client, tmp_path, bounds).new == 1


def test_the_next_address_is_tried_when_the_best_is_gone(
    site: Site, client: Client, tmp_path: Path, bounds: Bounds
):
    site.answers["/small.jpg"] = [as_picture()]
    addresses = (f"{site.base}/gone.jpg", f"{site.base}/small.jpg")
    assert run([Record("met", "1", pictures=addresses)], client, tmp_path, bounds).new == 1
    assert addresses[1] in (tmp_path / "provenance.csv").read_text()


def test_a_site_that_is_down_is_not_asked_for_smaller_files(
    site: Site, client: Client, tmp_path: Path, bounds: Bounds
):
    site.answers["/large.jpg"] = [as_page(status=503)]
    site.answers["/small.jpg"] = [as_picture()]
    addresses = (f"{site.base}/large.jpg", f"{site.base}/small.jpg")
    summary = run([Record("met", "1", pictures=addresses)], client, tmp_path, bounds)
    assert summary.skipped == {"no answer": 1}
    assert site.times_asked("/small.jpg") == 0


def test_every_failure_has_a_reason_and_none_ends_the_run(
    site: Site, client: Client, tmp_path: Path, bounds: Bounds
):
    records = works(site, 7)
    site.answers["/0.jpg"] = [as_page(status=404)]
    site.answers["/1.jpg"] = [Answer(as_page().body, kind="image/jpeg")]
    site.answers["/2.jpg"] = [Answer(bytes(bounds.picture_bytes + 1), kind="image/jpeg")]
    site.answers["/3.jpg"] = [Answer(b"PK\x03\x04", kind="image/jpeg")]
    records[4] = Record("met", "4")
    records[5] = Record("met", "5", pictures=("http://10.0.0.1/5.jpg",))
    summary = run(records, client, tmp_path, bounds)
    assert summary.new == 1 and summary.ended == ""
    assert summary.skipped == {
        "answered 404": 1,
        "not a picture": 2,
        "too large": 1,
        "no picture": 1,
        "leads to a private network": 1,
    }
    assert (tmp_path / "skipped.csv").read_text().count("\n") == 7


def test_a_site_that_is_down_is_left_after_a_while(
    site: Site, client: Client, tmp_path: Path, bounds: Bounds
):
    records = works(site, 20)
    for number in range(2, 20):
        site.answers[f"/{number}.jpg"] = [as_page(status=503)]
    summary = run(records, client, tmp_path, bounds)
    assert summary.new == 2 and summary.ended == "10 pictures in a row were out of reach"
    assert site.times_asked(f"/{2 + MOST_FAILURES}.jpg") == 0


def test_a_source_that_fails_half_way_keeps_what_there_is(
    site: Site, client: Client, tmp_path: Path, bounds: Bounds
):
    def failing() -> Iterator[Record]:
        yield from works(site, 1)
        raise ImpastoError("The search's form has changed.")

    summary = run(failing(), client, tmp_path, bounds)
    assert (summary.new, summary.ended) == (1, "The search's form has changed")

    def failing_at_once() -> Iterator[Record]:
        raise ImpastoError("The search's form has changed.")
        yield

    with pytest.raises(ImpastoError, match="form has changed"):
        run(failing_at_once(), client, tmp_path, bounds)


def test_the_disk_is_not_filled(site: Site, client: Client, tmp_path: Path, bounds: Bounds):
    little = Bounds(100, bounds.picture_bytes, 1)
    summary = run(works(site, 5), client, tmp_path, little)
    assert (summary.new, summary.ended) == (1, "--max-gigabytes is reached")
