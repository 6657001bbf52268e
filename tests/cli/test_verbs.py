"""Every verb as a user calls it: help, results, mistakes."""

import json
import os
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

from impasto import __version__
from impasto.cli import _MENDABLE, app, main
from impasto.collect.client import FetchError

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


def test_errors_of_the_disk_name_no_option_that_a_command_may_lack(monkeypatch, capsys, tmp_path):
    (tmp_path / "taken").write_text("")
    words = ("generate", "impressionists-64", "--count", "1", "--out", tmp_path / "taken")
    said = mistake(monkeypatch, capsys, *words)
    assert said.endswith("taken: this is a file, not a folder; choose another path.")
    assert not any("--out" in sentence for sentence in _MENDABLE.values())


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
