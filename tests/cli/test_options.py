"""What is mistyped is answered before anything heavy is loaded."""

import subprocess
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from impasto.cli import app
from impasto.cli.options import JUDGES
from impasto.cli.upscale import NETWORKS

MISTYPED = {
    "generate": "generate nope",
    "its latents": "generate impressionists-64 --latents nope.png",
    "export": "export nope --web page",
    "its directions": "export impressionists-64 --web page --directions nope",
    "its graph": "export impressionists-64 --onnx .",
    "directions": "explore directions nope",
    "project": "explore project nope picture.png",
    "its picture": "explore project impressionists-64 nope.png",
    "mix": "explore mix nope 1 2",
    "its parent": "explore mix impressionists-64 1 nope.png",
    "blend": "explore blend impressionists-64 nope",
    "neighbours": "explore neighbours nope",
    "evaluate": "evaluate nope",
    "its originals": "evaluate impressionists-64 --against nope",
    "compare": "compare nope --recipes impasto-64",
    "its recipes": "compare . --recipes impasto-64,nope",
    "train": "train nope",
    "its beginning": "train . --from nope",
    "its recipe": "train . --recipe nope.yaml",
    "augment-preview": "augment-preview nope",
    "prepare": "prepare nope",
    "what it likes": "prepare . --like nope.jpg",
    "upscale": "upscale nope",
    "print": "print nope.png",
    "its network": "upscale . --model nope.pth",
    "what holds no generator": "generate .",
    "a beginning without a generator": "train . --from .",
    "paint": "paint nope.jpg",
    "its style": "paint {file} --style nope.jpg",
    "its mask": "paint {file} --mask nope.jpg",
    "strokes": "strokes import nope",
    "its training": "strokes train nope",
    "a name that no disk can hold": "generate " + 300 * "n",
}

WRONG = (
    *(f"train . --{name}" for name in ("minutes 0", "minutes nan", "minutes inf", "minutes -1")),
    *(f"train . --{name}" for name in ("images 0", "epochs nan", "seed -1", "size abc")),
    *(f"train . --set {name}" for name in ("x", "no.knob=1", "loss.r1=-1", "training.keep=true")),
    "train . --from impressionists-64 --minutes nan",
    "train . --recipe dcgan-tutorial-64 --size 192x128",
    "compare . --recipes impasto-64 --minutes nan",
    "compare . --recipes impasto-64 --images 0",
    "compare . --recipes impasto-64 --set loss.r1=x",
    "augment-preview . --set augment.probability=2",
    "augment-preview . --out sheet",
    "evaluate impressionists-64 --networks lite9",
    "evaluate impressionists-64 --checkpoint 12",
    "evaluate impressionists-64 --count 20",
    "generate impressionists-64 --seeds abc",
    "generate impressionists-64 --checkpoint last",
    "generate impressionists-64 --label Monet",
    "generate impressionists-64 --move warmth",
    "generate impressionists-64 --circle --radius nan",
    "generate impressionists-64 --fps 12",
    "generate impressionists-64 --best 17",
    "generate impressionists-64 --seeds 1-9 --best 17",
    "generate impressionists-64 --interpolate cubic --fps nan",
    "export impressionists-64 --web page --checkpoint 12",
    "explore directions impressionists-64 --seeds 3-1",
    "explore directions impressionists-64 --label Monet",
    "explore directions impressionists-64 --name dusk",
    "explore project impressionists-64 {file} --checkpoint last",
    "explore mix impressionists-64 1 2 --label Monet",
    "explore mix impressionists-64 1 2 --how layers --levels 8",
    "explore mix impressionists-64 1 2 --levels 8=1",
    "explore blend impressionists-64 impressionists-64 --seeds x",
    "explore neighbours impressionists-64 --count 3",
    "paint {file} --brush feather",
    "paint {file} --palette 1",
    "paint {file} --palette #12",
    "paint {file} --ground sky",
    "paint {file} --thinnest 30 --broadest 20",
    "paint impressionists-64 --checkpoint last",
    "upscale {file} --model best",
    "strokes make --count 3 --brush feather",
    "strokes train . --set generator.images=0",
)
"""Values that no picture needs to be read for; the sentence names the last option."""

BLAMED = {"--count 20": "--against", "--count 3": "--data", "--brush feather": "'feather'"}
"""What is named instead."""

SCRIPT = """
import sys
from typer.testing import CliRunner
from impasto.cli import app
from impasto.errors import ImpastoError

for line in sys.stdin.read().splitlines():
    done = CliRunner().invoke(app, line.split())
    heavy = sorted({"torch", *sys.argv[1:]} & set(sys.modules))
    fine = isinstance(done.exception, ImpastoError) and not heavy
    print(f"fine {done.exception}" if fine else f"{done.exception!r} {done.output!r} {heavy}")
"""


def answered(here: Path, lines: Iterable[str], *heavy: str) -> list[str]:
    """What one process without torch, and without what else is `heavy`, says of each."""
    (here / "there.jpg").touch()
    given = [line.format(file="there.jpg") for line in lines]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *heavy],
        input="\n".join(given),
        capture_output=True,
        text=True,
        cwd=here,
    )
    said = done.stdout.splitlines()
    assert len(said) == len(given), done.stderr
    assert [path.name for path in here.iterdir()] == ["there.jpg"]  # and nothing was begun
    return said


@pytest.fixture(scope="module")
def answers(tmp_path_factory) -> dict[str, str]:
    here = tmp_path_factory.mktemp("here")
    said = answered(here, MISTYPED.values(), "numpy", "PIL")
    return dict(zip(MISTYPED, said, strict=True))


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory) -> dict[str, str]:
    return dict(zip(WRONG, answered(tmp_path_factory.mktemp("here"), WRONG), strict=True))


@pytest.mark.parametrize("what", MISTYPED)
def test_a_mistyped_path_is_one_sentence_before_torch_is_loaded(what, answers):
    assert answers[what].startswith("fine ")


@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_value_is_told_by_its_option_before_torch_is_loaded(line, verdicts):
    option = "--" + line.rpartition("--")[2]
    assert verdicts[line].startswith("fine ")
    assert BLAMED.get(option, option.split()[0]) in verdicts[line]
    assert "The settings" not in verdicts[line]


def test_latents_that_are_none_are_refused_before_torch_is_loaded(tmp_path):
    lines = (
        "generate impressionists-64 --latents {file}",
        "film impressionists-64 --latents {file}",
        "explore mix impressionists-64 {file} 3",
    )
    for said in answered(tmp_path, lines):
        assert said.startswith("fine there.jpg is not latents")


def test_what_the_command_line_offers_is_what_there_is():
    from impasto.metrics.features import NETWORKS as JUDGING
    from impasto.metrics.inception import INCEPTION
    from impasto.upscale.networks import PRETRAINED

    assert (*JUDGING, INCEPTION) == JUDGES
    assert tuple(PRETRAINED) == NETWORKS


def test_the_advice_is_one_that_helps():
    run = partial(CliRunner().invoke, app)
    seeds = run(["generate", "impressionists-64", "--seeds", "1-9", "--best", "10"])
    assert "name more with --seeds" in str(seeds.exception)  # which leaves no room for --count
    assert run(["strokes", "train", "."]).exception is not None
    advice = str(run(["strokes", "train", "."]).exception)
    command = advice.partition("`impasto ")[2].partition("`")[0].split()
    assert "--count" in command  # without which it is refused
