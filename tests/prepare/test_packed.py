"""Sets that others packed: shards of a WebDataset and parquet, their labels and their damage."""

import io
import json
import tarfile

import numpy as np
import pytest

from impasto.data.dataset import open_dataset, read_index
from impasto.errors import ImpastoError
from impasto.prepare.cache import Cache
from impasto.prepare.decisions import read_decisions
from impasto.prepare.listing import find_source
from impasto.prepare.pipeline import Selection, prepare
from tests.prepare.elsewhere import packed, parquet, png, webdataset

CLASS = {"_type": "ClassLabel", "names": ["a", "b"]}


def test_webdataset_shards_are_read_where_they_lie(tmp_path, plain):
    folder = tmp_path / "shards"
    folder.mkdir()
    webdataset(folder / "a-000.tar", range(5))
    webdataset(folder / "a-001.tar", range(5, 12))
    for source in (folder, f"{folder}/a-{{000..001}}.tar"):
        report = prepare(source, tmp_path / "out", size=32)
        assert (report.kept, report.fingerprint) == (12, plain.fingerprint)
    assert report.examined == 0
    again = prepare(folder, tmp_path / "some", size=32, selection=Selection(skip=("0003*",)))
    assert again.found == 11


def test_what_a_shard_holds_besides_is_counted_and_what_leads_outside_named(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    with tarfile.open(tmp_path / "in/a.tar", "w") as file:
        for seed, name in enumerate(("one.png", "../x.png", "a/../../y.png", ".z.png", "t.txt")):
            info = tarfile.TarInfo(name)
            info.size = len(png(seed))
            file.addfile(info, io.BytesIO(png(seed)))
        link = tarfile.TarInfo("two.png")
        link.type, link.linkname = tarfile.SYMTYPE, "one.png"
        file.addfile(link)
    for _ in range(2):
        report = prepare(tmp_path / "in", tmp_path / "out", size=32)
        assert (report.found, report.kept, report.ignored) == (1, 1, 5)
        said = " ".join(capsys.readouterr().err.split())
        assert "2 names in a.tar, such as ../x.png, would lead out" in said


def test_a_class_beside_a_picture_is_its_label(tmp_path):
    (tmp_path / "in").mkdir()
    webdataset(tmp_path / "in/a.tar", range(4), labels=("Klee", "Marc"))
    prepare(tmp_path / "in", tmp_path / "out", size=32)
    assert open_dataset(tmp_path / "out").labels == ("Klee", "Marc")
    assert read_index(tmp_path / "out")[0]["file"] == "Klee/0000.png"


def test_a_damaged_shard_is_named_and_costs_no_other(tmp_path):
    (tmp_path / "in").mkdir()
    webdataset(tmp_path / "in/a.tar", range(4))
    webdataset(tmp_path / "in/b.tar", range(4, 8))
    whole = (tmp_path / "in/b.tar").read_bytes()
    for end in (len(whole) // 2, whole.index(b"0006.png")):  # inside a picture, before one
        (tmp_path / "in/b.tar").write_bytes(whole[:end])
        report = prepare(tmp_path / "in", tmp_path / "out", size=32)
        assert report.kept >= 4
        (lost,) = [each for each in read_decisions(tmp_path / "out") if each.file == "b.tar"]
        assert (lost.reason, "plain TAR" in lost.detail) == ("corrupt", True)
    (tmp_path / "in/b.tar").write_bytes(whole)
    assert prepare(tmp_path / "in", tmp_path / "out", size=32).kept == 8


def test_parquet_gives_pictures_and_the_names_of_classes(tmp_path, plain):
    pytest.importorskip("pyarrow")
    (tmp_path / "in").mkdir()
    parquet(tmp_path / "in/train-0.parquet", range(7))
    parquet(tmp_path / "in/train-1.parquet", range(7, 12))
    report = prepare(tmp_path / "in", tmp_path / "out", size=32)
    found = open_dataset(tmp_path / "out")
    assert (report.kept, found.labels) == (12, ("calm", "wild"))
    assert sorted(row["file"] for row in read_index(found.folder))[0] == "calm/train-0-0"
    both = [
        np.sort(np.asarray(each.pictures).reshape(12, -1).sum(1))
        for each in (found, open_dataset(tmp_path / "of-plain"))
    ]
    assert np.array_equal(*both)
    assert prepare(tmp_path / "in/train-0.parquet", tmp_path / "one", size=32).kept == 7


def test_parquet_without_pictures_is_one_sentence(tmp_path):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"number": [1, 2]}), tmp_path / "a.parquet")
    with pytest.raises(ImpastoError, match="no column of pictures") as told:
        prepare(tmp_path / "a.parquet", tmp_path / "out", size=32)
    assert str(told.value).count(str(tmp_path)) == 1
    assert not str(told.value).endswith("..")
    (tmp_path / "b.parquet").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(ImpastoError, match="damaged or no parquet"):
        prepare(tmp_path / "b.parquet", tmp_path / "out", size=32)
    assert not (tmp_path / "out").exists()


def names_in(source, tmp_path):
    return find_source(source, tmp_path / "out", tmp_path / "un")(Cache(tmp_path / "c"), "").names


@pytest.mark.parametrize(
    ("content", "label"),
    [
        (b" Klee \n", "Klee"),
        (b"a/b", "a-b"),
        (b"..", ""),
        (b"../../x", "-..-x"),
        (b".hidden", "hidden"),
        (b"cat\nfile,label\r\n", "cat file,label"),
        (b"a\0b\x1b[31m", "a b [31m"),
        ("\u202egpj".encode(), "gpj"),
        (b"\n", ""),
    ],
)
def test_a_class_that_others_wrote_is_one_plain_folder(tmp_path, content, label):
    packed(tmp_path / "a-0.tar", [("x.png", png(1)), ("x.cls", content)])
    expected = f"{label}/x.png" if label else "x.png"
    assert names_in(f"{tmp_path}/a-{{0..0}}.tar", tmp_path) == [expected]


def test_a_key_that_comes_again_is_another_sample(tmp_path):
    members = [("x.png", png(1)), ("x.cls", b"a"), ("x.png", png(2)), ("x.cls", b"b")]
    packed(tmp_path / "a-0.tar", members)
    packed(tmp_path / "a-1.tar", [members[at] for at in (1, 0, 3, 2)])
    found = names_in(f"{tmp_path}/a-{{0..1}}.tar", tmp_path)
    assert found == ["a/x.png", "b/x.png", "a/x~2.png", "b/x~2.png"]


def columns(path, features, **values):
    import pyarrow as pa
    import pyarrow.parquet as pq

    about = {"huggingface": json.dumps({"info": {"features": features}})}
    pq.write_table(pa.table(values).replace_schema_metadata(about), path)


@pytest.mark.parametrize(
    ("order", "taken"),
    [(("style", "label", "genre"), "label"), (("genre", "style"), "genre"), (("label",), "label")],
)
def test_of_several_class_columns_label_or_the_first_is_taken(tmp_path, capsys, order, taken):
    pytest.importorskip("pyarrow")
    labels = {name: [0, 1] if name == taken else [1, 1] for name in order}
    for number in range(2):
        path = tmp_path / f"{number}.parquet"
        columns(path, dict.fromkeys(order, CLASS), image=[png(1), png(2)], **labels)
    found = names_in(f"{tmp_path}/{{0,1}}.parquet", tmp_path)
    assert [name.partition("/")[0] for name in found] == ["a", "b"] * 2
    said = " ".join(capsys.readouterr().err.split())
    assert said.count(f"labels from {taken}") == (len(order) > 1)


def test_of_several_columns_of_pictures_the_first_is_taken_and_said(tmp_path, capsys):
    pytest.importorskip("pyarrow")
    columns(tmp_path / "a.parquet", {}, image=[png(1)], img=[png(2)])
    names_in(tmp_path / "a.parquet", tmp_path)
    said = " ".join(capsys.readouterr().err.split())
    assert "from the column image; others are left out: img" in said


def test_a_class_that_is_none_is_no_label(tmp_path):
    pytest.importorskip("pyarrow")
    columns(tmp_path / "a.parquet", {"label": CLASS}, image=[png(1)] * 3, label=[-1, 0, None])
    assert names_in(tmp_path / "a.parquet", tmp_path) == ["a-0", "a/a-1", "a-2"]


def test_a_column_of_a_kind_that_is_not_read_is_named(tmp_path):
    pa = pytest.importorskip("pyarrow")
    columns(tmp_path / "list.parquet", {}, image=[[png(1)]])
    columns(tmp_path / "packed.parquet", {}, image=pa.array([png(1)]).dictionary_encode())
    for name, kind in (("list", "list<"), ("packed", "dictionary<")):
        with pytest.raises(ImpastoError, match=f"a column image of {kind}") as told:
            names_in(tmp_path / f"{name}.parquet", tmp_path)
        assert "no column" not in str(told.value)


def test_a_parquet_file_that_was_written_anew_gives_its_new_pictures(tmp_path):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    for seeds, label in ((range(3), "old"), (range(5, 8), "new")):
        table = pa.table({"image": [png(seed) for seed in seeds], "label": [label] * 3})
        pq.write_table(table, tmp_path / "train.parquet")
        report = prepare(tmp_path / "train.parquet", tmp_path / "out", size=32)
        assert {row["label"] for row in read_index(tmp_path / "out")} == {label}
    clean = prepare(tmp_path / "train.parquet", tmp_path / "clean", size=32)
    assert report.fingerprint == clean.fingerprint


@pytest.mark.parametrize("before", ["./", "/", "././/"])
def test_members_of_a_folder_packed_from_within_keep_its_labels(tmp_path, before):
    members = [(f"{before}{folder}/{seed}.png", png(seed)) for seed, folder in enumerate("ab")]
    packed(tmp_path / "x-0.tar", members)
    prepare(tmp_path / "x-{0..0}.tar", tmp_path / "out", size=32)
    assert [row["label"] for row in read_index(tmp_path / "out")] == ["a", "b"]
