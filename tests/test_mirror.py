"""Tests mirror modules: a file of the same name, or a row that says where else to look."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE, TESTS = ROOT / "src" / "impasto", ROOT / "tests"

MOST = 60
"""Rows: more, and the mirror is none."""

COVERED = {
    "brush/surface.py": "brush/test_mypaint.py",
    "cli/demo.py": "cli/test_verbs.py",
    "cli/painted_options.py": "upscale/test_painted.py",
    "cli/studio.py": "studio/test_studio_browser.py",
    "config/loss.py": "test_config.py",
    "config/networks.py": "test_config.py",
    "config/recipe.py": "test_config.py",
    "config/section.py": "test_config.py",
    "data/colourfield/brushwork.py": "data/test_colourfield.py",
    "data/decode/colour.py": "data/test_odd.py",
    "data/decode/opened.py": "data/decode/test_damage.py",
    "data/decode/plain.py": "data/test_decode.py",
    "data/decode/psd.py": "data/test_odd.py",
    "data/decode/sheet.py": "data/test_odd.py",
    "data/decode/tiff.py": "data/test_odd.py",
    "demo.py": "cli/test_verbs.py",
    "errors.py": "cli/test_verbs.py",
    "evaluate/judgement.py": "evaluate/test_pipeline.py",
    "explore/nearest.py": "generate/test_select.py",
    "generate/artefact.py": "generate/test_sampler.py",
    "generate/asked.py": "generate/test_sampler.py",
    "generate/stored.py": "generate/test_latents.py",
    "kit/libraries.py": "cli/test_kit.py",
    "metrics/attention.py": "kit/test_plan.py",
    "models/neural_painter.py": "strokes/test_training.py",
    "paint/hand/making.py": "paint/hand/test_layers.py",
    "paint/hand/means.py": "paint/hand/test_layers.py",
    "paint/hand/paper.py": "paint/hand/test_sheets.py",
    "paint/hand/steps.py": "paint/hand/test_layers.py",
    "paint/outputs.py": "cli/test_paint.py",
    "paint/plot/lines.py": "paint/plot/test_programs.py",
    "paint/plot/making.py": "paint/plot/test_programs.py",
    "paint/plot/order.py": "paint/plot/test_programs.py",
    "paint/plot/preview.py": "paint/plot/test_programs.py",
    "paint/plot/travel.py": "paint/plot/test_programs.py",
    "paint/work.py": "paint/test_painter.py",
    "paints/swatches.py": "paints/test_files.py",
    "prepare/doubtful.py": "prepare/test_review.py",
    "prepare/facts_file.py": "prepare/test_store.py",
    "prepare/feature_network.py": "prepare/test_photographs.py",
    "prepare/items.py": "prepare/test_second_run.py",
    "prepare/old_set.py": "prepare/test_curate.py",
    "prepare/reviewer.py": "prepare/test_review.py",
    "prepare/sketch_index.py": "prepare/test_duplicates.py",
    "strokes/sheets.py": "strokes/test_training.py",
    "strokes/watching.py": "strokes/test_training.py",
    "studio/actions.py": "studio/test_controls.py",
    "studio/generators.py": "studio/test_bench.py",
    "studio/pages.py": "studio/test_studio_browser.py",
    "studio/process.py": "studio/test_jobs.py",
    "studio/results.py": "studio/test_api.py",
    "studio/runs.py": "studio/test_api.py",
    "studio/serve.py": "studio/test_studio_browser.py",
    "upscale/method.py": "upscale/test_files.py",
}
"""Modules without a test file of their name, and the file that exercises them."""

ROUTES = "studio/api"
"""Its modules map addresses to functions; every address is asked in tests/studio."""


def test_every_module_has_a_test_file_of_its_name_or_a_row():
    modules = [path.relative_to(SOURCE) for path in SOURCE.rglob("*.py") if path.stem[0] != "_"]
    alone = {
        path.as_posix()
        for path in modules
        if not (TESTS / path.parent / f"test_{path.name}").exists()
        and path.parent.as_posix() != ROUTES
    }
    assert alone - COVERED.keys() == set(), "give it a test file, or a row"
    assert COVERED.keys() - alone == set(), "these rows are no longer needed"
    assert len(COVERED) < MOST


def test_every_row_names_a_file_that_is_there():
    assert [test for test in COVERED.values() if not (TESTS / test).is_file()] == []
