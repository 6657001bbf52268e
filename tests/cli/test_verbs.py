"""Every verb as a user calls it: help, results, mistakes."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from impasto import __version__, recipes
from impasto.cli import app, main
from impasto.collect.client import FetchError
from impasto.core.runs import Run, read_lines
from impasto.data.dataset import Dataset
from impasto.metrics import features
from impasto.prepare.pipeline import prepare
from impasto.train.decide import choose_judge
from tests.conftest import TINY_OPTIONS

COMMANDS = {}
"""Every command by its words: `generate`, `explore mix`."""

for verb, command in typer.main.get_command(app).commands.items():
    inner = getattr(command, "commands", None)
    COMMANDS |= {f"{verb} {n}": c for n, c in inner.items()} if inner else {verb: command}


def impasto(*arguments: object) -> tuple[int, str, str]:
    """Run the command in this process; the status, stdout and stderr."""
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


def mistake(monkeypatch, capsys, *arguments: object) -> str:
    """The one sentence that the program as installed says of a mistake."""
    monkeypatch.setattr(sys, "argv", ["impasto", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert "Traceback" not in said
    line = said.strip().splitlines()[-1]
    assert line.startswith("impasto: ")
    return line


@pytest.fixture
def trained(paintings, tmp_path) -> Path:
    run = tmp_path / "run"
    status, _, _ = impasto("train", paintings, "--out", run, "--images", 16, *TINY_OPTIONS)
    assert status == 0
    return run


@pytest.mark.parametrize("verb", sorted(COMMANDS))
def test_help_of_every_verb_teaches(verb):
    status, text, _ = impasto(*verb.split(), "--help")
    assert status == 0
    assert verb in text
    command = COMMANDS[verb]
    assert len(command.help) > 40
    assert [parameter.name for parameter in command.params if not parameter.help] == []


def test_help_is_instant_and_needs_no_torch():
    script = (
        "import sys, runpy; sys.argv = ['impasto', '--help']\n"
        "try: runpy.run_module('impasto', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'numpy', 'PIL', 'pydantic', 'timm'} & set(sys.modules)\n"
        "sys.exit(' '.join(sorted(heavy)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, f"--help imported {done.stderr}"


def test_version():
    assert impasto("--version")[1].strip() == f"impasto {__version__}"


def test_recipes_are_listed_and_printed_to_be_edited(tmp_path):
    _, listing, _ = impasto("recipes")
    assert "paint-by-numbers-128" in listing
    _, text, _ = impasto("recipes", "chinese-64-notebook")
    assert text.startswith("# art-generation-gan")
    assert "d_lr: 5e-05" in text or "d_lr: 0.00005" in text
    assert len(json.loads(impasto("recipes", "--json")[1])) >= 7
    assert "optimiser.g_lr" in impasto("recipes", "--knobs")[1]


def test_a_run_directory_holds_what_is_promised(trained):
    run = Run(trained)
    names = {path.name for path in trained.iterdir()}
    assert names >= {
        "recipe.yaml",
        "dataset.json",
        "reals.png",
        "samples",
        "stats.jsonl",
        "checkpoints",
        "best",
        "report.html",
        "log.txt",
    }
    assert any(name.startswith("events.") for name in names)
    assert {path.name for path in run.best.iterdir()} == {"generator.safetensors", "model.json"}
    assert [sheet.name for sheet in run.samples()] == ["000000008.png", "000000016.png"]
    rows = read_lines(run.stats)
    assert [row["images"] for row in rows] == [4, 8, 12, 16]
    assert {"minutes", "d_loss", "g_loss", "d_real", "d_fake"} <= rows[-1].keys()
    assert "Training impasto-64 on 12 pictures" in run.log.read_text()
    page = run.report.read_text()
    assert "http://" not in page
    assert page.count("data:image/webp;base64") == 3


def test_the_newest_checkpoints_are_kept(paintings, tmp_path):
    options = ["--set", "training.checkpoint_minutes=0", "--set", "training.keep=2"]
    impasto("train", paintings, "--out", tmp_path / "r", "--images", 24, *TINY_OPTIONS, *options)
    assert [path.stem for path in Run(tmp_path / "r").checkpoints()] == ["000000020", "000000024"]


def test_train_accepts_the_built_in_set_and_ends_with_json(tmp_path):
    out = ["--out", tmp_path / "r", "--json", "--images", 8]
    status, text, _ = impasto("train", "colourfield:12", *out, *TINY_OPTIONS)
    assert status == 0
    assert json.loads(text) | {"minutes": 0} == {
        "run": str(tmp_path / "r"),
        "images": 8,
        "minutes": 0,
        "finished": True,
        "alarm": None,
    }


def test_the_best_snapshot_is_chosen_by_kid(paintings, tmp_path):
    judged = ["--set", "training.judge_every=8"]
    status, _, said = impasto(
        "train", paintings, "--out", tmp_path / "r", "--images", 16, *TINY_OPTIONS, *judged
    )
    assert status == 0
    rows = read_lines(Run(tmp_path / "r").metrics)
    assert [row["images"] for row in rows] == [8, 16]
    best = min(rows, key=lambda row: row["kid"])
    card = json.loads((tmp_path / "r/best/model.json").read_text())
    assert card["images"] == best["images"]
    assert card["metrics"]["kid"] == best["kid"]
    assert "1). The best" not in said.partition("16 images:")[0]  # nothing came before it
    later = said.partition("16 images:")[2]
    assert ("The best snapshot so far, by its KID." in later) == (best["images"] == 16)


@pytest.mark.parametrize(
    ("recipe", "size", "network", "side"),
    [
        ("impasto-64", 8, "lite2", 128),
        ("quick-64", 8, "lite0", 128),
        ("impasto-128", 128, "lite2", 128),
        ("impasto-256", 256, "lite2", 256),  # what is finer than 128² counts as well
    ],
)
def test_the_judge_looks_where_the_training_runs_and_through_other_eyes(
    recipe, size, network, side, monkeypatch
):
    looked = []
    monkeypatch.setattr(
        features,
        "lite_features",
        lambda pictures, variant, size, device: (
            looked.append((variant, size, device)),
            np.zeros((len(pictures), 1280), np.float32),
        )[1],
    )
    pictures = np.zeros((12, size, size, 3), np.uint8)
    dataset = Dataset(Path("any"), "any", pictures, size, size, "0" * 64, (), None)
    judge = choose_judge(recipes.load(recipe), dataset, "cuda")
    judge.extractor(pictures)
    assert looked == [(network, side, "cuda")]


def test_dry_run_measures_and_writes_nothing(paintings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    status, text, _ = impasto("train", paintings, "--dry-run", "--minutes", 5, *TINY_OPTIONS)
    assert status == 0
    assert "images/s, measured on" in text
    assert "5 minutes, about" in text
    assert "not prepared yet" in text
    assert sorted(tmp_path.rglob("*")) == before


def test_a_prepared_set_is_never_trained_into_and_a_run_never_prepared_into(
    paintings, trained, tmp_path, monkeypatch, capsys
):
    def refused(*arguments):
        monkeypatch.setattr(sys, "argv", ["impasto", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 1
        return capsys.readouterr().err.splitlines()[-1]

    made = tmp_path / "set"
    prepare(paintings, made, size=32)
    before = {path: path.read_bytes() for path in made.iterdir() if path.is_file()}
    said = refused("train", made, "--out", made, "--images", 16)
    assert said.endswith(f"--out {made} is DATA itself; name another folder.")
    said = refused("train", paintings, "--out", made, "--images", 16)
    assert said.endswith(f"--out {made} is a prepared set; name another folder.")
    assert {path: path.read_bytes() for path in made.iterdir() if path.is_file()} == before
    before = (trained / "dataset.json").read_bytes()
    said = refused("prepare", paintings, "--out", trained)
    assert said.endswith(f"--out {trained} is a run of impasto train; name another folder.")
    assert (trained / "dataset.json").read_bytes() == before


def test_dry_run_knows_what_lies_there_already(paintings, trained, tmp_path):
    def foreseen(*length: object) -> str:
        asked = ["train", paintings, "--out", trained, "--dry-run", *TINY_OPTIONS, *length]
        status, text, _ = impasto(*asked)
        assert status == 0
        return text

    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    more = foreseen("--images", 24)
    assert f"{paintings}, 12 pictures" in more
    assert "begun: 16 images in 0:0" in more
    assert "24 images, 8 of it left, about" in more
    assert "16 images, done already" in foreseen("--images", 16)
    assert re.search(r"1 minute, (0:5\d|1:00) of it left, about", foreseen("--minutes", 1))
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_dry_run_counts_from_the_newest_checkpoint_that_can_be_read(paintings, tmp_path):
    often = [*TINY_OPTIONS, "--set", "training.checkpoint_minutes=0"]
    asked = ["train", paintings, "--out", tmp_path / "r", *often]
    impasto(*asked, "--images", 16)
    newest = Run(tmp_path / "r").checkpoints()[-1]
    newest.write_bytes(newest.read_bytes()[:1000])
    assert "begun: 12 images" in impasto(*asked, "--images", 24, "--dry-run")[1]
    assert newest.exists()  # set aside by the training, not by a look ahead


def test_only_a_part_of_a_training_counts_apart(paintings, tmp_path):
    asked = ["train", paintings, "--out", tmp_path / "r", *TINY_OPTIONS]
    assert "in this go" not in impasto(*asked, "--images", 8)[2]
    assert "8 images in this go." in impasto(*asked, "--images", 16)[2]


def test_generate_paints_files_sheets_and_named_checkpoints(trained, tmp_path):
    status, text, _ = impasto("generate", trained, "--count", 3, "--seed", 5)
    assert status == 0
    assert [Path(line).name for line in text.split()] == [
        f"seed-00000{seed}.png" for seed in (5, 6, 7)
    ]
    for which in ("last", "16"):
        out = tmp_path / which
        _, text, _ = impasto(
            "generate", trained, "--seeds", "5", "--checkpoint", which, "--out", out, "--json"
        )
        (file,) = json.loads(text)["files"]
        with Image.open(file) as one, Image.open(trained / "generated/seed-000005.png") as other:
            same = np.array_equal(np.asarray(one), np.asarray(other))
        assert same  # best, last and 16 are one snapshot here
    _, text, _ = impasto("generate", trained / "best", "--grid", "--out", tmp_path / "sheet")
    assert Path(text.strip()).name == "sheet-0-15-of-16.png"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["train", "nowhere"], "'nowhere'"),
        (["train", "colourfield", "--recipe", "dcgan"], "no recipe 'dcgan'"),
        (["train", "colourfield", "--recipe", "x.yaml"], "x.yaml is missing"),
        (["train", "colourfield", "--set", "model.size"], "write it as knob=value"),
        (["train", "colourfield", "--set", "model.size=65"], "power of two"),
        (["train", "colourfield", "--set", "model.sise=64"], "no knob 'model.sise'"),
        (["train", "colourfield", "--minutes", "1", "--epochs", "2"], "one length"),
        (["train", "colourfield", "--minutes", "-1"], "training.minutes"),
        (["train", "nowhere", "--dry-run"], "'nowhere'"),
        (["train", "colourfield:12", "--out", "/dev/null/run"], "choose another path"),
        (["generate", "nowhere"], "no folder nowhere"),
        (["generate", "impressionists-64", "--out", ""], "--out is empty"),
        (["prepare", "", "--out=x"], "what follows prepare is empty"),
        (["prepare", ".", "--out="], "--out is empty"),
        (["strokes", "make", "--count", "1", "--out", "/proc/x/y"], "choose another"),
        (["generate", "."], "holds no generator"),
        (["generate", "impressionists-64", "--seeds", "a-b"], "--seeds"),
        (["recipes", "nothing"], "no recipe 'nothing'"),
    ],
)
def test_a_mistake_is_one_sentence(arguments, sentence, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert sentence in mistake(monkeypatch, capsys, *arguments)


def test_an_unknown_checkpoint_names_the_kept_ones(trained, monkeypatch, capsys):
    said = mistake(monkeypatch, capsys, "generate", trained, "--checkpoint", "7")
    assert "keeps 16" in said


def test_other_pictures_in_the_same_run_are_refused(trained, tmp_path, monkeypatch, capsys):
    said = mistake(monkeypatch, capsys, "train", "colourfield:12", "--out", trained, "--images", 32)
    assert "choose another --out" in said


def test_two_trainings_cannot_write_to_one_run(trained, paintings, monkeypatch, capsys):
    with Run(trained).locked():
        arguments = ["train", paintings, "--out", trained, "--images", 32]
        monkeypatch.setattr(sys, "argv", ["impasto", *map(str, arguments)])
        with pytest.raises(SystemExit):
            main()
    assert "Another training is writing" in capsys.readouterr().err


def test_a_full_disk_is_one_sentence_and_leaves_what_was_there(
    trained, paintings, monkeypatch, capsys
):
    import errno
    import os

    kept = {path: path.read_bytes() for path in Run(trained).checkpoints()}
    write = os.write

    def full(handle: int, content: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", lambda _handle: full(0, b""))
    arguments = ["train", paintings, "--out", trained, "--images", 32]
    monkeypatch.setattr(sys, "argv", ["impasto", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert "the disk is full" in capsys.readouterr().err.splitlines()[-1]
    assert os.write is write
    for path, content in kept.items():
        assert path.read_bytes() == content


def test_numbers_that_stop_being_numbers_end_the_run_and_name_the_checkpoint(
    trained, paintings, monkeypatch, capsys
):
    import torch

    from impasto.train import steps

    original = steps.GAMES["non-saturating"]
    calls = []

    def broken(real_logits, fake_logits):
        calls.append(1)
        value = original.discriminator(real_logits, fake_logits)
        return value * torch.nan if len(calls) > 2 else value

    monkeypatch.setitem(steps.GAMES, "non-saturating", original._replace(discriminator=broken))
    arguments = ["train", paintings, "--out", trained, "--images", 64]
    monkeypatch.setattr(sys, "argv", ["impasto", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert "at 28 images" in said
    assert "last good checkpoint is" in said
    newest = Run(trained).checkpoints()[-1]
    assert newest.name in said
    weights = torch.load(newest, weights_only=True)["networks"]["generator"].values()
    assert all(bool(torch.isfinite(weight.float()).all()) for weight in weights)


def test_a_broken_newest_checkpoint_is_set_aside_and_the_one_before_is_used(paintings, tmp_path):
    often = [*TINY_OPTIONS, "--set", "training.checkpoint_minutes=0"]
    impasto("train", paintings, "--out", tmp_path / "r", "--images", 16, *often)
    newest = Run(tmp_path / "r").checkpoints()[-1]
    newest.write_bytes(newest.read_bytes()[:1000])
    status, _, said = impasto("train", paintings, "--out", tmp_path / "r", "--images", 24, *often)
    assert status == 0
    assert "set aside as 000000016.broken" in said
    assert "from 12 images" in said
    assert Run(tmp_path / "r").checkpoints()[-1].stem == "000000024"


def test_without_a_judge_a_judged_best_is_not_replaced(trained, paintings):
    card = json.loads((trained / "best/model.json").read_text())
    card["metrics"] = {"kid": 0.001}
    (trained / "best/model.json").write_text(json.dumps(card))
    impasto("train", paintings, "--out", trained, "--images", 24, *TINY_OPTIONS)
    assert json.loads((trained / "best/model.json").read_text()) == card


def test_a_complete_run_without_its_best_snapshot_is_completed(trained, paintings):
    for file in (trained / "best").iterdir():
        file.unlink()
    (trained / "report.html").unlink()
    impasto("train", paintings, "--out", trained, "--images", 16, *TINY_OPTIONS)
    assert (trained / "best/model.json").is_file()
    assert (trained / "report.html").is_file()


def test_what_impasto_made_is_not_learnt_from(paintings, monkeypatch):
    monkeypatch.chdir(paintings)
    for images in (16, 24):
        status, _, said = impasto("train", ".", "--images", images, *TINY_OPTIONS)
        assert status == 0, said
        assert "on 12 pictures" in said


@pytest.mark.slow
def test_the_demo_makes_one_self_contained_page(tmp_path):
    began = time.monotonic()
    status, text, _ = impasto(
        "demo", "--out", tmp_path / "demo", "--minutes", 0.05, "--pictures", 64
    )
    assert status == 0
    page = tmp_path / "demo/index.html"
    assert str(page) in text
    content = page.read_text()
    assert "impasto train my-paintings" in content
    assert content.count("data:image/webp;base64") >= 3
    assert 'src="http' not in content
    assert time.monotonic() - began < 120


@pytest.mark.parametrize("what", ["no pictures", "one label short"])
def test_a_refused_training_leaves_no_folder_behind(what, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes.txt").write_text("no picture")
    more = () if what == "no pictures" else ("--conditional",)
    said = mistake(monkeypatch, capsys, "train", "mine", "--out", "runs/deep/mine", *more)
    assert "mine" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine"]


def test_names_are_utf8_whatever_the_locale_says(tmp_path):
    """A run that began under one locale is found again under another."""
    program = (
        "import sys; from pathlib import Path; from impasto import cli; cli.app = lambda: "
        "print(ascii(sys.argv[1]), Path(sys.argv[1]).is_dir(), sys.getfilesystemencoding()); "
        "cli.main()"
    )
    folder = tmp_path / "Läufe"
    folder.mkdir()
    for locale in ({}, {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}):
        done = subprocess.run(
            [sys.executable, "-c", program, str(folder)],
            env=os.environ | {"LC_ALL": "C"} | locale, capture_output=True, text=True,
        )  # fmt: skip
        assert done.stdout == f"{str(folder)!a} True utf-8\n", done.stderr


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("latin1", b"\xfc\\u200b\\u2192"),
        ("ascii", b"\\xfc\\u200b\\u2192"),
        ("utf-8", "ü\u200b→".encode()),
    ],
)
def test_what_an_outputs_encoding_lacks_is_spelt(encoding, shown):
    program = (
        "import sys; from impasto import cli; from impasto.core.console import tell; "
        "cli.app = lambda: tell('ü\u200b→', 'a\\udcffb'); cli.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONIOENCODING": encoding}, capture_output=True, check=False,
    )  # fmt: skip
    assert done.stdout.split() == [shown, b"a\xffb"], done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="no such limit there")
def test_a_limit_on_the_size_of_files_is_one_sentence(tmp_path):
    Image.fromarray(np.zeros((200, 300, 3), np.uint8)).save(tmp_path / "a.png")
    command = shlex.join([sys.executable, "-m", "impasto", "print", "a.png", "--format", "tiff"])
    told = subprocess.run(
        ["/bin/sh", "-c", f"ulimit -f 20; exec {command}"],
        capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert told.returncode == 1
    said = told.stderr.splitlines()[-1]
    assert said.startswith("impasto: a-print.tiff: a file may not be so large here; raise the")


@pytest.mark.skipif(sys.platform != "linux", reason="no such limit there")
def test_too_little_memory_is_one_sentence(tmp_path):
    for seed in range(3):
        Image.fromarray(np.full((90, 90, 3), seed, np.uint8)).save(tmp_path / f"{seed}.png")
    command = shlex.join([sys.executable, "-m", "impasto", "train", str(tmp_path), "--images", "8"])
    told = subprocess.run(
        ["/bin/sh", "-c", f"ulimit -v 400000; exec {command}"],
        capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert told.returncode == 1
    assert "memory" in told.stderr.splitlines()[-1]
    assert "Traceback" not in told.stderr


def test_an_error_with_a_servers_status_does_not_end_the_command_with_it(monkeypatch):
    def gone() -> None:
        raise FetchError("Gone; try another museum.", "gone", 0)

    monkeypatch.setattr("impasto.cli.app", gone)
    before = signal.getsignal(signal.SIGINT)
    try:
        with pytest.raises(SystemExit) as end:
            main()
    finally:
        signal.signal(signal.SIGINT, before)
    assert end.value.code == 1
