"""What is mistyped is answered before anything heavy is loaded."""

import subprocess
import sys

import pytest

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
    "its network": "upscale . --model nope.pth",
    "what holds no generator": "generate .",
    "a folder of photographs": "paint .",
    "a beginning without a generator": "train . --from .",
    "paint": "paint nope.jpg",
    "its style": "paint {file} --style nope.jpg",
    "its mask": "paint {file} --mask nope.jpg",
    "strokes": "strokes import nope",
    "its training": "strokes train nope",
    "a name that no disk can hold": "generate " + 300 * "n",
}

SCRIPT = """
import sys
from typer.testing import CliRunner
from impasto.cli import app
from impasto.errors import ImpastoError

for line in sys.stdin.read().splitlines():
    done = CliRunner().invoke(app, line.split())
    heavy = sorted({"torch", "numpy", "PIL"} & set(sys.modules))
    fine = isinstance(done.exception, ImpastoError) and not heavy
    print("fine" if fine else f"{done.exception!r} {done.output} {heavy}")
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory) -> dict[str, str]:
    """What one process without torch said of each."""
    here = tmp_path_factory.mktemp("here")
    (here / "there.jpg").touch()
    lines = "\n".join(line.format(file="there.jpg") for line in MISTYPED.values())
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], input=lines, capture_output=True, text=True, cwd=here
    )
    said = done.stdout.splitlines()
    assert len(said) == len(MISTYPED), done.stderr
    assert [path.name for path in here.iterdir()] == ["there.jpg"]  # and nothing was begun
    return dict(zip(MISTYPED, said, strict=True))


@pytest.mark.parametrize("what", MISTYPED)
def test_a_mistyped_path_is_one_sentence_before_torch_is_loaded(what, answers):
    assert answers[what] == "fine"
