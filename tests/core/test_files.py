"""Atomic writes and bounded reads."""

import ast
import errno
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import impasto
from impasto.core.files import (
    alone_in,
    atomic_writer,
    folder_to_fill,
    open_own,
    read_json,
    sweep,
    whole_of,
    write_bytes,
    write_json,
    write_text,
)
from impasto.errors import ImpastoError


def test_what_was_there_stays_when_writing_fails(tmp_path):
    file = tmp_path / "result.txt"
    write_text(file, "old")
    with pytest.raises(RuntimeError), atomic_writer(file) as writer:
        writer.write(b"new, half of it")
        raise RuntimeError
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]  # nothing half-written is left lying about


def test_folders_are_made_and_the_umask_is_kept(tmp_path):
    file = tmp_path / "a/b/c.json"
    write_json(file, {"ü": 1})
    assert json.loads(file.read_text()) == {"ü": 1}
    plain = tmp_path / "plain"
    plain.touch()
    assert file.stat().st_mode == plain.stat().st_mode


def test_a_name_that_is_no_utf8_comes_back_and_texts_spell_it_out(tmp_path):
    name = os.fsdecode(b"caf\xe9.png")
    write_json(tmp_path / "a.json", {"path": name, "ü": 1})
    assert read_json(tmp_path / "a.json", "a thing") == {"path": name, "ü": 1}
    write_text(tmp_path / "a.txt", name)
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "caf\\udce9.png"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"{", "not valid JSON"), (b"\xff", "not valid JSON"), (b"[" * 10**5, "not valid JSON")],
)
def test_broken_json_is_one_sentence(tmp_path, content, sentence):
    file = tmp_path / "x.json"
    file.write_bytes(content)
    with pytest.raises(ImpastoError, match=sentence):
        read_json(file, "a thing")


def test_missing_and_oversized_json_are_one_sentence_each(tmp_path):
    with pytest.raises(ImpastoError, match=r"missing.*a thing"):
        read_json(tmp_path / "none.json", "a thing")
    file = tmp_path / "large.json"
    file.write_text("1" * 100)
    with pytest.raises(ImpastoError, match="too large"):
        read_json(file, "a thing", limit=10)


def test_a_folder_where_a_file_is_to_be_written_is_named(tmp_path):
    with pytest.raises(ImpastoError, match="is a folder"):
        write_text(tmp_path, "x")
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, sys
from pathlib import Path
from impasto.core.files import atomic_writer
with atomic_writer(Path(sys.argv[1])) as file:
    file.write(b"half")
    file.flush()
    print("half", flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_process_left_half_written_is_swept_by_the_next(tmp_path):
    target = tmp_path / "sheet.png"
    command = [sys.executable, "-c", KILLED, str(target)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as killed, subprocess.Popen(command, **pipes) as alive:
        for process in (killed, alive):
            assert process.stdout.readline() == b"half\n"
        killed.kill()
        killed.wait()
        assert len(list(tmp_path.glob(".*.part"))) == 2
        write_bytes(tmp_path / "other", b"whole")
        assert len(list(tmp_path.glob(".*.part"))) == 1  # of the one that still writes
        alive.stdin.close()
        assert alive.wait() == 0
    assert target.read_bytes() == b"half"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "sheet.png"]


def test_only_what_is_half_written_is_swept(tmp_path):
    for name in (".sheet.png.abcd1234.part", "my.part", ".profile", ".pictures.npy.part"):
        (tmp_path / name).touch()
    (tmp_path / ".folder.abcd1234.part").mkdir()
    sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".folder.abcd1234.part", ".pictures.npy.part", ".profile", "my.part",
    ]  # fmt: skip
    sweep(tmp_path / "nowhere")


def test_a_folder_that_nothing_came_into_goes_again_with_those_above_it(tmp_path):
    with pytest.raises(ImpastoError), folder_to_fill(tmp_path / "runs/mine"):
        raise ImpastoError("refused")
    assert list(tmp_path.iterdir()) == []
    with folder_to_fill(tmp_path / "runs/mine"):
        (tmp_path / "runs/other").mkdir()
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["other"]
    with folder_to_fill(tmp_path / "runs/other"):  # it was there before
        pass
    assert (tmp_path / "runs/other").is_dir()


def test_results_that_belong_together_have_one_writer_at_a_time(tmp_path):
    out = tmp_path / "painted"
    with alone_in(out, "paint"):
        told = pytest.raises(ImpastoError, match=r"Another impasto paint is writing to .*painted;")
        with told, alone_in(out, "paint"):
            raise AssertionError
        write_text(out / "painting.txt", "whole")
    assert [path.name for path in out.iterdir()] == ["painting.txt"]  # no lock is left
    with alone_in(out, "paint"):
        pass


def test_a_lock_dies_with_its_process_and_an_empty_folder_goes(tmp_path):
    held = "import os; from impasto.core.files import alone_in; from pathlib import Path; "
    held += "held = alone_in(Path('out'), 'paint'); held.__enter__(); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", held], cwd=tmp_path)
    assert (tmp_path / "out/.lock").exists()
    with alone_in(tmp_path / "out", "paint"):
        pass
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]
    with alone_in(tmp_path / "new", "paint"):
        pass
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("kind", ["folder", "link to nothing"])
def test_a_lock_of_another_kind_is_one_sentence(tmp_path, kind):
    lock = tmp_path / ".lock"
    if kind == "folder":
        lock.mkdir()
    else:
        lock.symlink_to(tmp_path / "no/such")
    sentence = r"/\.lock is a folder or a link, .*; remove it, or name another --out\.$"
    with pytest.raises(ImpastoError, match=sentence), alone_in(tmp_path, "paint"):
        pass
    assert lock.is_symlink() or lock.is_dir()  # it is somebody else's


@pytest.mark.parametrize("append", [False, True])
@pytest.mark.parametrize("kind", ["link", "link to nothing", "pipe", "folder"])
def test_what_a_link_leads_to_is_never_written_and_no_pipe_is_waited_for(tmp_path, kind, append):
    other, path = tmp_path / "another's", tmp_path / ".pictures.npy.part"
    if kind == "link":
        other.write_text("keep")
        path.symlink_to(other)
    elif kind == "link to nothing":
        path.symlink_to(other)
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()
    try:
        with open_own(path, append) as file:
            file.write(b"ours")
    except OSError:
        assert append or kind == "folder"
    else:
        assert not append
        assert path.read_bytes() == b"ours"
    assert not other.exists() or other.read_text() == "keep"


def test_appended_is_what_was_there_and_more(tmp_path):
    for text in (b"a", b"b" * 10_000):
        with open_own(tmp_path / "log", append=True) as file:
            file.write(text)
    assert (tmp_path / "log").read_bytes() == b"a" + b"b" * 10_000


def test_a_full_disk_names_the_file_that_was_written(tmp_path, monkeypatch):
    def full(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space") as refused, atomic_writer(tmp_path / "a.png"):
        pass
    assert refused.value.filename == str(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("to/.a.png.fm36imxb.part", "to/a.png"),
        ("to/.pictures.npy.part", "to/pictures.npy"),
        ("to/a.png", "to/a.png"),
        ("to/.part", "to/.part"),
    ],
)
def test_an_unfinished_file_is_named_as_what_it_will_be(name, known):
    assert whole_of(name) == known


PLAIN_WRITES = {
    "cli/__init__.py _open_streams": "standard output and error, not files",
    "core/video.py _encode": "FFmpeg opens by name; the part file is moved once it is whole",
    "prepare/archives.py _write": "parts of an archive that are named once their checksum is right",
    "studio/jobs.py begin": "a process's standard output, read while it grows",
    "studio/sharing.py zipped": "a member of an archive that is sent, not kept",
    "studio/uploads.py take_archive": "an upload in a desk of its own that is removed at the end",
}
"""Functions that may open a file to write it past core/files.py, and why."""


def plain_writes(tree):
    """Names of functions that write a file at once under its own name, for each such call."""
    found = []

    def walk(node, function):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            function = node.name
        if isinstance(node, ast.Call) and _writes(node):
            found.append(function)
        for child in ast.iter_child_nodes(node):
            walk(child, function)

    walk(tree, "")
    return found


def _writes(call):
    method = isinstance(call.func, ast.Attribute)
    name = call.func.attr if method else getattr(call.func, "id", "")
    if method and name in ("write_text", "write_bytes"):
        return getattr(call.func.value, "id", "") != "files"
    given = [*call.args, *(word.value for word in call.keywords if word.arg == "mode")]
    modes = [each.value for each in given if isinstance(each, ast.Constant)]
    return name in ("open", "fdopen") and any(
        isinstance(mode, str) and re.fullmatch(r"[wx][bt+]*", mode) for mode in modes
    )


def test_no_result_is_written_past_the_atomic_writer():
    source = Path(impasto.__file__).parent
    found = [
        f"{file.relative_to(source).as_posix()} {function}"
        for file in source.rglob("*.py")
        if file != source / "core/files.py"
        for function in plain_writes(ast.parse(file.read_text(encoding="utf-8")))
    ]
    assert set(found) - PLAIN_WRITES.keys() == set(), "use core/files.py, or say why not"
    assert PLAIN_WRITES.keys() - set(found) == set(), "these rows are no longer needed"


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("path.write_text('a')", True),
        ("(folder / 'a').write_bytes(b'')", True),
        ("open(path, 'w')", True),
        ("path.open(mode='wb')", True),
        ("os.fdopen(3, 'w')", True),
        ("write_text(path, 'a')", False),
        ("files.write_bytes(path, b'')", False),
        ("path.open('rb')", False),
        ("path.open('a')", False),
        ("Image.open(path)", False),
    ],
)
def test_what_counts_as_a_plain_write(line, wrong):
    assert bool(plain_writes(ast.parse(line))) is wrong
