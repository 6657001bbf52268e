"""Results of many files have names that never meet."""

from pathlib import Path

import pytest

from impasto.data.names import names_apart


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["a.jpg", "b.png", "sub/a.png"], ["a", "b", "sub/a"]),
        (["a.jpg", "a.png"], ["a.jpg", "a.png"]),
        (["a.jpg", "a.jpg.png", "a.png"], ["a.jpg", "a.jpg.png", "a.png"]),
        (["A.jpg", "a.png"], ["A.jpg", "a.png"]),
        (["A.png", "a.png"], ["A.png", "a.png-2"]),
        (["A.png", "a.png", "a.png-2"], ["A.png", "a.png-2", "a.png-2-2"]),
        (["a", "a.png"], ["a", "a.png"]),
        (["e\u0301.jpg", "\xe9.png"], ["e\u0301.jpg", "\xe9.png"]),
        (["x-paint.png", "x.png"], ["x-paint", "x"]),
    ],
)
def test_no_two_results_meet(files, names):
    found = names_apart(map(Path, files))
    assert [found[Path(file)].as_posix() for file in files] == names
    assert len({name.as_posix().casefold() for name in found.values()}) == len(files)


def test_what_lies_beside_a_result_meets_no_other_result():
    files = [Path("x-paint.png"), Path("x.png"), Path("y.png")]
    assert names_apart(files, "-paint") == {
        files[0]: Path("x-paint.png"),
        files[1]: Path("x.png"),
        files[2]: Path("y"),
    }
