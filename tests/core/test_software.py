"""Which Impasto this is."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import impasto
from impasto.core.software import software

ASK = "from impasto.core.software import software; print(software())"


def test_a_copy_is_the_same_until_a_letter_of_it_changes(tmp_path):
    shutil.copytree(Path(impasto.__file__).parent / "core", tmp_path / "impasto/core")
    (tmp_path / "impasto/__init__.py").write_text("")
    said = []
    for letter in ("", "# x\n"):
        with (tmp_path / "impasto/core/rank.py").open("a") as file:
            file.write(letter)
        environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
        command = [sys.executable, "-c", ASK]
        said.append(subprocess.check_output(command, env=environment, text=True))
    assert said[0] != said[1]
    assert software().startswith("of code ")
