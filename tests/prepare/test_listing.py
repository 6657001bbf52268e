"""Sources elsewhere: stores, buckets and web addresses, and lists of them."""

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from impasto.data.dataset import read_index
from impasto.errors import ImpastoError
from impasto.prepare import remote
from impasto.prepare.cache import Cache
from impasto.prepare.listing import _expanded, find_source, title_of
from impasto.prepare.pipeline import prepare
from impasto.prepare.where import fetch
from tests.prepare.elsewhere import packed, parquet, png, served, webdataset
from tests.prepare.messy import strokes

fsspec = pytest.importorskip("fsspec")


def put(store, files):
    for name, content in files.items():
        with store.open(f"/bucket/{name}", "wb") as file:
            file.write(content)


def test_a_tree_in_a_store_is_a_folder(tmp_path, memory, plain):
    put(memory, {f"in/{seed:04}.png": png(seed) for seed in range(12)} | {"in/a.txt": b"no"})
    report = prepare("memory://bucket/in", tmp_path / "out", size=32)
    assert (report.kept, report.ignored) == (12, 1)
    assert report.fingerprint == plain.fingerprint
    assert prepare("memory://bucket/in", tmp_path / "out", size=32).examined == 0


def test_what_changes_in_a_store_is_fetched_again(tmp_path, memory):
    put(memory, {f"in/{seed}.png": png(seed) for seed in range(3)})
    first = prepare("memory://bucket/in", tmp_path / "out", size=32)
    put(memory, {"in/1.png": png(9)})
    second = prepare("memory://bucket/in", tmp_path / "out", size=32)
    assert second.examined == 1
    assert second.fingerprint != first.fingerprint


def test_a_list_of_addresses_is_a_source(tmp_path, plain):
    files = {f"/p/{seed:04}.png": png(seed) for seed in range(12)}
    files["/list.txt"] = b"# twelve\n" + b"".join(b"p/%04d.png\n" % seed for seed in range(12))
    with served(files) as (address, _):
        report = prepare(f"{address}/list.txt", tmp_path / "out", size=32)
        assert report.fingerprint == plain.fingerprint
        (tmp_path / "mine.txt").write_text("".join(f"{address}{name}\n" for name in files))
        mine = prepare(tmp_path / "mine.txt", tmp_path / "mine", size=32)
        assert (mine.kept, mine.reasons) == (12, {"not an image": 1})


def test_a_shard_at_a_web_address(tmp_path, plain):
    webdataset(tmp_path / "a.tar", range(12))
    with served({"/s/a.tar": (tmp_path / "a.tar").read_bytes()}) as (address, _):
        report = prepare(f"{address}/s/a.tar", tmp_path / "out", size=32)
    assert report.fingerprint == plain.fingerprint


def test_plain_addresses_get_no_credential(tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    (tmp_path / "netrc").chmod(0o600)
    for name in ("HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    files = {"/list.txt": b"a.png\nb.png\n", "/a.png": png(1), "/b.png": png(2)}
    with served(files) as (address, asked):
        prepare(f"{address}/list.txt", tmp_path / "out", size=32)
    assert len(asked) == 3
    for headers in asked:
        assert not {name.lower() for name in headers} & {"authorization", "cookie"}
        assert "secret" not in str(headers)


def test_one_address_of_a_list_that_is_gone_is_one_row(tmp_path):
    with served({"/l.txt": b"a.png\nb.png\nc.png", "/a.png": png(1), "/c.png": png(3)}) as (at, _):
        report = prepare(f"{at}/l.txt", tmp_path / "out", size=32)
        assert report.reasons == {"not fetched": 1}
        assert prepare(f"{at}/l.txt", tmp_path / "out", size=32).examined == 1


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (403, "may not be read.*download it"),
        (401, "plain addresses get no"),
        (404, "nothing at"),
        (500, "cannot be read"),
    ],
)
def test_a_web_address_that_refuses_is_one_sentence(tmp_path, status, sentence):
    with served({}, status) as (address, _), pytest.raises(ImpastoError, match=sentence) as refused:
        prepare(f"{address}/list.txt", tmp_path / "out", size=32)
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("address", ["ftp://host/a", "file:///etc/passwd", "s4://bucket"])
def test_other_schemes_are_refused(tmp_path, address):
    with pytest.raises(ImpastoError, match="is not read"):
        prepare(address, tmp_path / "out", size=32)


def test_an_empty_place_in_a_store_is_one_sentence(tmp_path, memory):
    with pytest.raises(ImpastoError, match="nothing at memory://bucket/none"):
        prepare("memory://bucket/none", tmp_path / "out", size=32)
    put(memory, {"in/a.txt": b"no"})
    with pytest.raises(ImpastoError, match="holds no pictures"):
        prepare("memory://bucket/in", tmp_path / "out", size=32)


@pytest.fixture
def s3(monkeypatch, tmp_path):
    s3fs = pytest.importorskip("s3fs")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    remote._has_credential.cache_clear()
    s3fs.S3FileSystem.clear_instance_cache()
    yield monkeypatch
    remote._has_credential.cache_clear()


def test_a_bucket_that_all_may_read(tmp_path, plain, s3):
    files = {f"/bucket/in/{seed:04}.png": png(seed) for seed in range(12)}
    with served(files) as (address, asked):
        s3.setenv("AWS_ENDPOINT_URL", address)
        report = prepare("s3://bucket/in", tmp_path / "out", size=32)
    assert report.fingerprint == plain.fingerprint
    assert not any("Authorization" in headers for headers in asked)


@pytest.mark.parametrize("key", ["", "mine"])
def test_a_bucket_without_rights_is_one_sentence(tmp_path, s3, key):
    if key:
        s3.setenv("AWS_ACCESS_KEY_ID", key)
        s3.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with served({}, 403) as (address, asked):
        s3.setenv("AWS_ENDPOINT_URL", address)
        with pytest.raises(ImpastoError, match=r"may not be read.*credential") as refused:
            prepare("s3://bucket/in", tmp_path / "out", size=32)
    assert "secret" not in str(refused.value)
    assert any("Authorization" in headers for headers in asked) == bool(key)


def test_sets_are_called_after_their_source():
    names = {
        "s3://bucket/museum/": "museum",
        "https://a.org/l.txt?x=1": "l",
        "gs://bucket": "bucket",
        "x/paint-{000..120}.tar": "paint",
        "photos.zip": "photos",
    }
    assert {source: title_of(source) for source in names} == names


@given(st.text(max_size=60))
def test_lists_of_anything_are_read_or_refused(text):
    try:
        found = remote.listed_in(text, "https://a.org/b/list.txt")
    except ImpastoError as error:
        assert "\n" not in str(error)
    else:
        assert all(each.address.startswith(("http://", "https://")) for each in found)


def test_pictures_of_a_store_are_shown_in_the_report(tmp_path, memory):
    put(memory, {f"in/{seed}.png": png(seed) for seed in range(4)} | {"in/same.png": png(2)})
    prepare("memory://bucket/in", tmp_path / "out", size=32)
    assert "same.png" in (tmp_path / "out/report.html").read_text()
    with Image.open(fetch("memory://bucket/in/2.png", Cache(tmp_path / "out/.workbench/cache"))):
        pass


def test_braces_multiply_and_list():
    assert _expanded("a-{0..1}{08..10}.tar") == [
        f"a-{first}{second}.tar" for first in "01" for second in ("08", "09", "10")
    ]
    assert _expanded("{000,001}/{a,b}.tar") == [
        f"{n}/{x}.tar" for n in ("000", "001") for x in "ab"
    ]
    assert _expanded("plain{}.tar") == ["plain{}.tar"]
    for odd in ("{0..999}{0..999}", "{5..1}", "{0..999999999999999999}", "{0..99999}{0,1,2}"):
        with pytest.raises(ImpastoError, match="braces count upwards"):
            _expanded(f"{odd}.tar")


def test_shards_named_in_part_are_found_from_any_folder(tmp_path, monkeypatch):
    (tmp_path / "w").mkdir()
    webdataset(tmp_path / "w/s-000.tar", range(2))
    monkeypatch.chdir(tmp_path)
    found = find_source("w/s-{000,001}.tar", Path("out"), Path("un"))(Cache(Path("c")), "")
    assert found.locate(0).endswith(f":{tmp_path}/w/s-000.tar")
    assert [each.file for each in found.lost] == ["s-001.tar"]


def test_a_shard_elsewhere_that_was_mended_is_fetched_again(tmp_path):
    webdataset(tmp_path / "a.tar", range(4))
    whole = (tmp_path / "a.tar").read_bytes()
    files = {"/a.tar": whole[: whole.index(b"0002.png") + 600]}  # inside the third
    with served(files) as (address, asked):
        first = prepare(f"{address}/a.tar", tmp_path / "out", size=32)
        assert (first.kept, first.reasons["corrupt"]) == (2, 1)
        files["/a.tar"] = whole
        assert prepare(f"{address}/a.tar", tmp_path / "out", size=32).kept == 4
        count = len(asked)
        assert prepare(f"{address}/a.tar", tmp_path / "out", size=32).kept == 4
    assert len(asked) == count


def test_a_shard_that_changes_in_a_store_is_fetched_again(tmp_path, memory):
    for seeds in (range(3), range(5, 7)):
        webdataset(tmp_path / "a.tar", seeds)
        put(memory, {"in/a.tar": (tmp_path / "a.tar").read_bytes()})
        report = prepare("memory://bucket/in", tmp_path / "out", size=32)
        assert report.kept == len(seeds)
    files = {row["file"] for row in read_index(tmp_path / "out")}
    assert files == {"0005.png", "0006.png"}


def test_an_archive_elsewhere_that_was_mended_is_fetched_again(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        for seed in range(3):
            file.writestr(f"{seed}.png", png(seed))
    whole = (tmp_path / "a.zip").read_bytes()
    (tmp_path / "out").mkdir()
    files = {"/a.zip": whole[:-100]}
    with served(files) as (address, _):
        with pytest.raises(ImpastoError, match=r"/a\.zip is a damaged") as told:
            prepare(f"{address}/a.zip", tmp_path / "out", size=32)
        assert str(tmp_path) not in str(told.value)
        files["/a.zip"] = whole
        assert prepare(f"{address}/a.zip", tmp_path / "out", size=32).kept == 3


def test_a_shard_that_is_refused_costs_no_other(tmp_path):
    webdataset(tmp_path / "a.tar", range(3))
    files = {"/a-0.tar": (tmp_path / "a.tar").read_bytes(), "/a-1.tar": 404, "/a-2.tar": 503}
    with served(files) as (at, _):
        report = prepare(f"{at}/a-{{0..1}}.tar", tmp_path / "out", size=32)
        assert (report.kept, report.reasons) == (3, {"not fetched": 1})
        webdataset(tmp_path / "a.tar", range(3, 5))
        files["/a-1.tar"] = (tmp_path / "a.tar").read_bytes()
        assert prepare(f"{at}/a-{{0..1}}.tar", tmp_path / "out", size=32).kept == 5
        with pytest.raises(ImpastoError, match="status 503; try again later"):
            prepare(f"{at}/a-{{0..2}}.tar", tmp_path / "out", size=32)
        with pytest.raises(ImpastoError, match=r"no pictures: x-1\.tar: .*[^.]\.$"):
            prepare(f"{at}/x-{{1..2}}.tar", tmp_path / "none", size=32)


def test_a_shard_that_a_store_lacks_costs_no_other(tmp_path, memory):
    webdataset(tmp_path / "a.tar", range(3))
    put(memory, {"in/a-1.tar": (tmp_path / "a.tar").read_bytes()})
    report = prepare("memory://bucket/in/a-{0..2}.tar", tmp_path / "out", size=32)
    assert (report.kept, report.reasons) == (3, {"not fetched": 2})
    with pytest.raises(ImpastoError, match=r"nothing at memory://bucket/in/a-3\.tar"):
        prepare("memory://bucket/in/a-{2,3}.tar", tmp_path / "none", size=32)


def bitmap(seed: int) -> bytes:
    """Of the same size whatever the picture."""
    packed = io.BytesIO()
    Image.fromarray(strokes(seed, 60, 50)).save(packed, "BMP")
    return packed.getvalue()


def fingerprint_of(tmp_path, *seeds: int) -> str:
    folder = tmp_path / f"only-{seeds}"
    folder.mkdir()
    for number, seed in enumerate(seeds):
        (folder / f"{number}.bmp").write_bytes(bitmap(seed))
    return prepare(folder, tmp_path / f"of-{seeds}", size=32).fingerprint


def test_another_address_of_the_same_name_is_another_picture(tmp_path):
    with served({"/1.bmp": bitmap(1)}) as (one, _), served({"/1.bmp": bitmap(2)}) as (two, _):
        source = tmp_path / "list.txt"
        source.write_text(f"{one}/1.bmp\n{two}/1.bmp\n")
        assert prepare(source, tmp_path / "out", size=32).kept == 2
        source.write_text(f"{two}/1.bmp\n")
        again = prepare(source, tmp_path / "out", size=32)
    assert again.fingerprint == fingerprint_of(tmp_path, 2)


@pytest.mark.parametrize("where", ["web", "store"])
def test_shards_of_the_same_name_are_told_apart(tmp_path, memory, where):
    """As those of Hugging Face, all of which may be called 0000.parquet."""
    files = {}
    for seed, folder in enumerate("ab"):
        packed(tmp_path / "x.tar", [("0000.bmp", bitmap(seed))])
        files[f"in/{folder}/0000.tar"] = (tmp_path / "x.tar").read_bytes()
    put(memory, files)
    with served({f"/bucket/{name}": content for name, content in files.items()}) as (at, _):
        at = f"{at}/bucket/in" if where == "web" else "memory://bucket/in"
        assert prepare(f"{at}/{{a,b}}/0000.tar", tmp_path / "out", size=32).kept == 2
        again = prepare(f"{at}/b/0000.tar", tmp_path / "out", size=32)
    assert again.fingerprint == fingerprint_of(tmp_path, 1)


def test_the_query_of_a_web_address_is_no_part_of_the_file(tmp_path):
    pytest.importorskip("pyarrow")
    parquet(tmp_path / "a.parquet", range(3))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("1.png", png(1))
    files = {f"/a.{kind}": (tmp_path / f"a.{kind}").read_bytes() for kind in ("parquet", "zip")}
    with served(files) as (at, _):
        report = prepare(f"{at}/a.parquet?download=true", tmp_path / "out", size=32)
        assert prepare(f"{at}/a.zip?download=true", tmp_path / "zip", size=32).kept == 1
    assert report.kept == 3
    assert {row["label"] for row in read_index(tmp_path / "out")} == {"calm", "wild"}


def test_a_changed_file_in_a_store_is_fetched_under_other_settings_too(tmp_path, memory):
    put(memory, {f"in/{name}.bmp": bitmap(seed) for seed, name in enumerate("ab")})
    prepare("memory://bucket/in", tmp_path / "out", size=16)
    put(memory, {"in/a.bmp": bitmap(7) + b"and more"})  # this store tells only a size
    again = prepare("memory://bucket/in", tmp_path / "out", size=32)
    assert again.fingerprint == fingerprint_of(tmp_path, 7, 1)


def test_other_settings_fetch_nothing_again(tmp_path):
    with served({"/l.txt": b"a.png\nb.png", "/a.png": png(1), "/b.png": png(2)}) as (at, asked):
        prepare(f"{at}/l.txt", tmp_path / "out", size=16)
        prepare(f"{at}/l.txt", tmp_path / "out", size=32)
    assert sorted(each["path"] for each in asked if "png" in each["path"]) == ["/a.png", "/b.png"]
