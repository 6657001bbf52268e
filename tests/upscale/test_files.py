"""Files, folders and runs."""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from impasto.cli import app
from impasto.core.images import save
from impasto.core.paper import parse_print
from impasto.errors import ImpastoError
from impasto.upscale.files import Job, holds_several, plan, run, write
from impasto.upscale.method import maps_of
from impasto.upscale.picture import Settings


@pytest.fixture
def folder(tmp_path, picture):
    for name in ("a.png", "sub/b.jpg", "c.webp"):
        save(picture[:20, :24], tmp_path / "mine" / name)
    (tmp_path / "mine/notes.txt").write_text("no picture")
    (tmp_path / "mine/broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return tmp_path / "mine"


def test_a_folder_becomes_a_folder_beside_it(folder):
    jobs = plan([folder], None, "fast", "x4")
    assert {job.target.relative_to(folder.parent).as_posix() for job in jobs} == {
        "mine-x4-fast/a.png",
        "mine-x4-fast/broken.png",
        "mine-x4-fast/c.png",
        "mine-x4-fast/sub/b.png",
    }


def test_twins_by_name_stay_two(folder, picture):
    save(picture, folder / "a.jpg")
    names = {job.target.name for job in plan([folder], None, "fast", "x4")}
    assert {"a.png.png", "a.jpg.png", "b.png", "c.png"} <= names


def test_a_picture_gets_a_name_beside_it_or_the_one_that_is_asked_for(folder):
    given = folder / "a.png"
    assert plan([given], None, "fast", "x2") == [Job(given, folder / "a-x2.png")]
    assert plan([given], folder / "large.webp", "fast", "x2") == [Job(given, folder / "large.webp")]
    assert plan([given], folder / "out", "fast", "x4", "jpeg")[0].target == folder / "out/a-x4.jpg"


def test_a_run_means_what_it_generated(tmp_path, picture):
    (tmp_path / "run/best").mkdir(parents=True)
    (tmp_path / "run/recipe.yaml").write_text("")
    with pytest.raises(ImpastoError, match="impasto generate"):
        plan([tmp_path / "run"], None, "fast", "x4")
    save(picture, tmp_path / "run/generated/seed-000001.png")
    (job,) = plan([tmp_path / "run"], None, "fast", "x4")
    assert job.target == tmp_path / "run/enlarged-x4-fast/seed-000001.png"


def test_a_generator_by_its_name_is_several_pictures(tmp_path, picture, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs/mine/best").mkdir(parents=True)
    (tmp_path / "runs/mine/recipe.yaml").write_text("")
    for place in ("runs/mine", "runs/shipped/impressionists-64"):
        save(picture, tmp_path / place / "generated/seed-000001.png")
    for name in ("mine", "impressionists-64"):
        assert holds_several(Path(name))
        with pytest.raises(ImpastoError, match="names one file for several pictures"):
            plan([Path(name)], tmp_path / "x.png", "fast", "x4")
    assert not holds_several(tmp_path / "runs/mine/generated/seed-000001.png")


def test_a_generator_by_its_name_goes_on_where_it_stopped(
    tmp_path, picture, monkeypatch, repeating
):
    monkeypatch.chdir(tmp_path)
    save(picture[:20, :24], tmp_path / "runs/shipped/impressionists-64/generated/seed-000001.png")
    command = sys.modules["impasto.cli.upscale"]
    monkeypatch.setattr(command, "_by_network", lambda *_: (Settings(repeating(2), 2), "fast"))
    told = [
        json.loads(CliRunner().invoke(app, ["upscale", "impressionists-64", "--json"]).stdout)
        for _ in range(2)
    ]
    assert [(len(each["made"]), len(each["kept"])) for each in told] == [(1, 0), (0, 1)]


def test_a_picture_is_never_replaced_by_its_enlargement(folder):
    for given, out in ((folder / "a.png", folder / "a.png"), (folder, folder)):
        with pytest.raises(ImpastoError, match=r"a\.png would be replaced"):
            plan([given], out, "fast", "x4")


def test_two_pictures_never_become_one_file(tmp_path, picture):
    for name in ("a.png", "a.jpg"):
        save(picture, tmp_path / name)
    with pytest.raises(ImpastoError, match="both become"):
        plan([tmp_path / "a.png", tmp_path / "a.jpg"], None, "fast", "x4")
    with pytest.raises(ImpastoError, match="names one file"):
        plan([tmp_path / "a.png", tmp_path / "a.jpg"], tmp_path / "b.png", "fast", "x4")
    with pytest.raises(ImpastoError, match="no picture or folder"):
        plan([tmp_path / "none.png"], None, "fast", "x4")


def test_a_broken_picture_does_not_stop_the_rest(folder, repeating):
    jobs = plan([folder], None, "repeat", "x2")
    outcome = run(jobs, Settings(repeating(2), 2))
    assert len(outcome.made) == 3
    assert [path.name for path in outcome.refused] == ["broken.png"]
    with Image.open(folder.parent / "mine-x2-repeat/sub/b.png") as image:
        assert image.size == (48, 40)


def test_the_same_again_goes_on_where_it_stopped(folder, repeating):
    jobs, settings = plan([folder], None, "repeat", "x2"), Settings(repeating(2), 2)
    run(jobs, settings)
    jobs[0].target.unlink()
    os.utime(jobs[2].source, (2e9, 2e9))  # changed since
    outcome = run(jobs, settings, again=False)
    assert sorted(outcome.made) == sorted([jobs[0].target, jobs[2].target])
    assert len(outcome.kept) == 1


def test_jpeg_gets_white_for_transparency(tmp_path):
    clear = np.zeros((8, 8, 4), np.uint8)
    write(clear, tmp_path / "a.jpg", 95)
    with Image.open(tmp_path / "a.jpg") as image:
        assert np.asarray(image).min() > 250
    with pytest.raises(ImpastoError, match="at most 16,383"):
        write(np.zeros((1, 17_000, 3), np.uint8), tmp_path / "a.webp", 95)


def test_the_command_enlarges_and_says_what_it_made(folder):
    arguments = ["upscale", str(folder), "--scale", "2", "--json"]
    done = CliRunner().invoke(app, arguments)
    assert "1 of 4 pictures" in str(done.exception)  # and status 1
    found = json.loads(done.stdout)
    assert found["model"] == "fast"
    assert len(found["made"]) == 3
    assert found["refused"] == [str(folder / "broken.png")]
    again = json.loads(CliRunner().invoke(app, arguments).stdout)
    assert (len(again["made"]), len(again["kept"])) == (0, 3)


def test_nothing_to_enlarge_is_an_error(folder):
    done = CliRunner().invoke(app, ["upscale", str(folder / "broken.png")])
    assert isinstance(done.exception, ImpastoError)


def test_pictures_of_one_name_stay_apart_over_several_calls(tmp_path, picture, repeating):
    settings = Settings(repeating(2), 2)
    for place, shade in (("a", 10), ("b", 200), ("a", 10)):
        save(np.full((8, 8, 3), shade, np.uint8), tmp_path / place / "p.png")
        run(plan([tmp_path / place / "p.png"], tmp_path / "alone", "repeat", "x2"), settings)
        run(plan([tmp_path / place], tmp_path / "all", "repeat", "x2"), settings, again=False)
    for names in (("alone/p-x2.png", "alone/p-x2-2.png"), ("all/p.png", "all/p-2.png")):
        shades = []
        for name in names:
            with Image.open(tmp_path / name) as image:
                shades.append(image.getpixel((0, 0))[0])
        assert shades == [10, 200]
        assert len(list((tmp_path / names[0]).parent.iterdir())) == 2


def test_other_content_under_the_old_name_and_time_is_enlarged_anew(tmp_path, repeating):
    folder, settings = tmp_path / "mine", Settings(repeating(2), 2)
    for name, shade in (("1.png", 10), ("2.png", 200)):
        save(np.full((8, 8, 3), shade, np.uint8), folder / name)
        os.utime(folder / name, (1e9, 1e9))
    run(plan([folder], None, "repeat", "x2"), settings, again=False)
    for old, new in (("1.png", "0.png"), ("2.png", "1.png"), ("0.png", "2.png")):
        (folder / old).rename(folder / new)  # the two change places, sizes and times kept
    assert len(run(plan([folder], None, "repeat", "x2"), settings, again=False).made) == 2
    with Image.open(tmp_path / "mine-x2-repeat/1.png") as image:
        assert image.getpixel((0, 0))[0] == 200


def test_enlargements_of_an_earlier_version_are_gone_on_with(folder, repeating):
    jobs, settings = plan([folder], None, "repeat", "x2"), Settings(repeating(2), 2)
    for job in jobs[:2]:
        save(np.zeros((4, 4, 3), np.uint8), job.target)
    assert plan([folder], None, "repeat", "x2") == jobs
    assert len(run(jobs, settings, again=False).kept) == 2


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_the_latent_comes_along(tmp_path, repeating, kind):
    from impasto.generate.latents import of_seed, read_latents, save_picture

    small = tmp_path / "seed-000003.png"
    save_picture(np.zeros((8, 8, 3), np.uint8), small, of_seed(3, 128), {"origin": "a test"})
    (large,) = run(plan([small], None, "repeat", "x2", kind), Settings(repeating(2), 2)).made
    (found,) = read_latents(large, 128)
    assert (found.seed, found.values.tolist()) == (3, of_seed(3, 128).values.tolist())


def test_a_print_has_the_papers_size_whatever_the_pictures(tmp_path, repeating):
    paper = parse_print("10x15", 127)  # 500 × 750 pixels
    for name, shape in (("a", (40, 60, 3)), ("b", (4, 4, 3)), ("c", (1000, 1000, 3))):
        save(np.zeros(shape, np.uint8), tmp_path / f"{name}.png")
    jobs = plan([tmp_path], None, "repeat", paper.name)
    made = run(jobs, Settings(repeating(2), 4, paper=paper)).made
    assert made[0].parent.name == f"{tmp_path.name}-10x15cm-127dpi-repeat"
    for file, size in zip(made, [(750, 500), (500, 500), (500, 500)], strict=True):
        with Image.open(file) as image:
            assert image.size == size
            assert round(image.info["dpi"][0]) == 127


def test_the_users_own_pictures_in_a_named_folder_stay_and_are_not_taken_for_results(
    tmp_path, picture, repeating
):
    save(picture[:20], tmp_path / "thumbs/a.png")
    save(picture, tmp_path / "pictures/a.png")
    before = (tmp_path / "pictures/a.png").read_bytes()
    for again in (False, False, True):
        jobs = plan([tmp_path / "thumbs"], tmp_path / "pictures", "repeat", "x2")
        outcome = run(jobs, Settings(repeating(2), 2), again)
        assert outcome.made + outcome.kept == [tmp_path / "pictures/a-2.png"]
    assert (tmp_path / "pictures/a.png").read_bytes() == before
    assert len(list((tmp_path / "pictures").iterdir())) == 2


@pytest.mark.parametrize("change", ["digest", "bf16"])
def test_another_network_of_the_same_name_or_precision_enlarges_anew(
    tmp_path, picture, repeating, change
):
    save(picture[:20], tmp_path / "mine/a.png")
    first = Settings(repeating(2), 2)
    other = {
        "digest": replace(first, enlarger=replace(first.enlarger, digest="another file")),
        "bf16": replace(first, bf16=True),
    }[change]
    jobs = plan([tmp_path / "mine"], None, "repeat", "x2")
    assert len(run(jobs, first, again=False).made) == 1
    assert len(run(jobs, other, again=False).made) == 1
    assert len(run(jobs, replace(other, tile=64), again=False).kept) == 1


def test_names_that_meet_only_on_some_disks_or_after_a_first_change_stay_apart(tmp_path, picture):
    for name in ("a.png", "a.jpg", "a.jpg.png", "B.png", "b.jpg"):
        save(picture, tmp_path / "mine" / name)
    names = [job.target.name.casefold() for job in plan([tmp_path / "mine"], None, "fast", "x4")]
    assert len(set(names)) == 5


def test_a_map_takes_no_other_pictures_place(tmp_path, picture):
    for name in ("sunset.png", "sunset-paint.png"):
        save(picture, tmp_path / "mine" / name)
    jobs = plan([tmp_path / "mine"], None, "painted", "x4", mapped=True)
    places = [place for job in jobs for place in (job.target, *maps_of(job.target))]
    assert len(set(places)) == 6
    save(picture, tmp_path / "out/sunset-x4-paint.png")  # the user's own
    given = tmp_path / "mine/sunset.png"
    (job,) = plan([given], tmp_path / "out", "painted", "x4", mapped=True)
    assert job.target.name == "sunset-x4-2.png"
    with pytest.raises(ImpastoError, match=r"sunset-x4-paint\.png, which Impasto did not write"):
        plan([given], tmp_path / "out/sunset-x4.png", "painted", "x4", mapped=True)
    maps_of(tmp_path / "out/sunset-x4.png")[1].write_text(json.dumps({"format": "impasto-paint"}))
    (job,) = plan([given], tmp_path / "out", "painted", "x4", mapped=True)
    assert job.target.name == "sunset-x4.png"  # whose map it is
    save(picture, tmp_path / "other/p.png")
    save(picture, tmp_path / "more/p-paint.png")
    with pytest.raises(ImpastoError, match="both write"):
        folders = [tmp_path / "other", tmp_path / "more"]
        plan(folders, tmp_path / "all", "painted", "x4", mapped=True)
