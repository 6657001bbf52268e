import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from impasto.cli import app, main
from impasto.collect import catalogue
from impasto.collect.pace import Pace
from impasto.errors import ImpastoError
from tests.collect.documented import cleveland
from tests.collect.site import LOOPBACK, Site, as_page, as_picture

run_for_real = catalogue.run


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


@pytest.fixture
def base(site: Site, monkeypatch: pytest.MonkeyPatch) -> str:
    """Cleveland with three paintings, on this machine."""
    base = cleveland(site, 3)
    for number in range(3):
        site.answers[f"/{number}.jpg"] = [as_picture(number)]
    local = partial(run_for_real, base=base, pace=Pace(1000), trusted=LOOPBACK)
    monkeypatch.setattr(catalogue, "run", local)
    return base


def collect(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["collect", *arguments])


def test_pictures_and_provenance_are_there_and_the_folder_is_the_result(base: str, tmp_path: Path):
    out = tmp_path / "monet"
    result = collect("cleveland", "--artist", "Claude Monet", "--out", str(out))
    assert result.exit_code == 0, result.output
    assert result.stdout.strip() == str(out)
    assert "3 pictures taken" in result.stderr
    assert len(list(out.glob("*.jpg"))) == 3
    with (out / "provenance.csv").open(encoding="utf-8", newline="") as file:
        assert [row["artist"] for row in csv.DictReader(file)] == ["Claude Monet"] * 3


def test_json_says_what_was_done(base: str, site: Site, tmp_path: Path):
    site.answers["/1.jpg"] = [as_page(status=404)]
    result = collect("cleveland", "--out", str(tmp_path), "--limit", "2", "--json")
    told = json.loads(result.stdout)
    size = sum(file.stat().st_size for file in tmp_path.glob("*.jpg"))
    assert told == {
        "folder": str(tmp_path),
        "new": 2,
        "earlier": 0,
        "bytes": size,
        "skipped": {"answered 404": 1},
        "ended": "",
    }


def test_nothing_found_is_a_failure(base: str, tmp_path: Path):
    result = collect("cleveland", "--artist", "Nobody", "--out", str(tmp_path))
    assert isinstance(result.exception, ImpastoError)
    assert "another source" in str(result.exception)


def test_a_list_of_which_nothing_could_be_taken_says_why(tmp_path: Path):
    (tmp_path / "list.txt").write_text("nonsense\nmore nonsense\n")
    result = collect("urls", str(tmp_path / "list.txt"), "--out", str(tmp_path / "out"))
    assert isinstance(result.exception, ImpastoError)
    assert "not a web address" in str(result.exception)
    assert "skipped.csv" in str(result.exception)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["louvre", "--out", "x"], "met, chicago"),
        (["met", "--query", "x"], "--out FOLDER"),
        (["met", "list.txt", "--out", "x"], "only urls does"),
        (["urls", "--out", "x"], "impasto collect urls LIST"),
        (
            ["urls", "no-such-list", "--out", "x"],
            "no-such-list is missing; it should be",
        ),
        (["met", "--out", "x"], "give --query or --artist"),
        (
            ["urls", "l", "--out", "x", "--query", "sea", "--artist", "X"],
            "out --query and --artist.",
        ),
        (["urls", "l", "--out", "x", "--full"], "leave out --full"),
        (["urls", "l", "--out", "x", "--any-licence"], "leave out --any-licence"),
        (["urls", "l", "--out", "x", "--by-artist"], "leave out --by-artist"),
        (
            ["chicago", "--out", "x", "--full"],
            "--full is for commons and cleveland; leave it out for chicago.",
        ),
        (
            ["commons", "--out", "x", "--all-kinds"],
            "--all-kinds is for met, chicago and cleveland; leave it out for commons.",
        ),
        (["urls", "l", "--out", "x", "--all-kinds"], "leave it out for urls"),
        (["met", "--query", "x", "--out", "x", "--browser"], "--browser is for wikiart only"),
        (["wikiart", "--out", "x"], "give --artist NAME"),
        (["met", "--query", "x", "--out", "x", "--contact", "a\r\nHost: b"], "--contact"),
        (["met", "--query", "x", "--out", "x", "--contact", "ä@b"], "--contact"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    arguments: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["impasto", "collect", *arguments])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 1
    told = capsys.readouterr().err
    assert sentence in told and told.count("\n") == 1


@pytest.mark.parametrize("option", ["--limit", "--rate", "--max-megabytes", "--max-gigabytes"])
def test_bounds_must_be_bounds(option: str, tmp_path: Path):
    assert collect("met", "--query", "x", "--out", str(tmp_path), option, "0").exit_code == 2


PROGRAM = """
import sys
from functools import partial
from impasto.collect import catalogue
from impasto.collect.pace import Pace
catalogue.run = partial(catalogue.run, base=sys.argv.pop(1), pace=Pace(5), trusted=["127.0.0.1"])
from impasto.cli import main
main()
"""


@pytest.mark.skipif(os.name == "nt", reason="signals are others there")
def test_ctrl_c_keeps_all_and_the_same_command_goes_on(site: Site, tmp_path: Path):
    base = cleveland(site, 6)
    for number in range(6):
        site.answers[f"/{number}.jpg"] = [as_picture(number)]
    command = [sys.executable, "-c", PROGRAM, base, "collect", "cleveland", "--out", str(tmp_path)]
    listens = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **listens) as process:
        deadline = time.monotonic() + 60
        while len(list(tmp_path.glob("*.jpg"))) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Interrupted" in told
    kept = len(list(tmp_path.glob("*.jpg")))
    assert 2 <= kept < 6
    again = subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=60)
    assert again.returncode == 0, again.stderr
    assert f"{6 - kept} pictures taken" in again.stderr
    assert len(list(tmp_path.glob("*.jpg"))) == 6
    assert all(site.times_asked(f"/{number}.jpg") <= 2 for number in range(6))


def test_help_teaches_by_example():
    text = collect("--help").stdout
    for word in ("met --artist", "provenance.csv", "urls list.txt", "impasto prepare", "--rate"):
        assert word in text


def test_the_command_is_listed():
    assert "collect" in CliRunner().invoke(app, ["--help"]).stdout
