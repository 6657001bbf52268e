"""What libtiff says is a verdict, and what others write on standard error meanwhile is not."""

import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from impasto.core import events
from impasto.core.console import say
from impasto.data.decode import Unreadable
from impasto.data.decode.libtiff import strict_library
from tests.data import odd
from tests.data.odd import verdict


def packed(seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (40, 60, 3), np.uint8)
    return odd.saved(Image.fromarray(pixels), "TIFF", compression="tiff_lzw")


def torn(content: bytes) -> bytes:
    kept = len(content) // 2
    return content[:kept] + b"\xa5" * (len(content) - kept)


@pytest.fixture
def told():
    events.tell_as_json()
    yield
    events.tell_as_json(False)


def test_in_threads_sound_files_stay_sound_and_damaged_ones_are_found(told, capfd):
    sound = [packed(seed) for seed in range(4)]
    files = [torn(each) if n % 5 == 4 else each for n, each in enumerate(sound * 30)]
    done, written = threading.Event(), 0

    def chatter() -> None:
        nonlocal written
        while not done.is_set():
            events.tell("progress", done=written)
            written += 1

    speaker = threading.Thread(target=chatter)
    speaker.start()
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(verdict, files))
    done.set()
    speaker.join()
    assert [n for n, each in enumerate(found) if each] == list(range(4, 120, 5))
    events.tell("said", text="the end")  # standard error is where it was
    rows = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert rows.pop()["text"] == "the end"
    assert sorted(row["done"] for row in rows) == list(range(written))


def test_messages_and_bars_while_a_file_is_decoded_are_passed_on(capfd, monkeypatch):
    load = TiffImagePlugin.TiffImageFile.load

    def loud(image):
        say("photo.png: it has no colour profile.")
        say("A TIFF: one of many.")
        os.write(2, b"/a.py:1: UserWarning: the video card is old\n")
        os.write(2, b"\r looking 3/9 ")
        return load(image)

    monkeypatch.setattr(TiffImagePlugin.TiffImageFile, "load", loud)
    content = odd.saved(Image.new("P", (40, 40), 3), "TIFF", compression="tiff_lzw")
    assert verdict(content) == ""
    assert "photo.png: it has no colour profile." in (err := capfd.readouterr().err)
    for words in ("looking 3/9", "A TIFF: one", "UserWarning: the video card"):
        assert words in err


@pytest.mark.parametrize(
    "said",
    [
        b"LZWDecode: Corrupted LZW table at scanline 0.\n",
        b"tempfile.tif: Can not read.\n",
        b"_TIFFVSetField: No such tag.\n",
        b"fpAcc: odd.\n",
        b"\r looking 3/9 0:00:01\x1b[0mJPEGLib: Not a JPEG file.\n",
        b'TIFFFillStrip: {"event": "said"}\nRead error.\n',
    ],
)
def test_a_remark_of_libtiff_is_known_amid_others(said):
    with pytest.raises(Unreadable, match="corrupt"), strict_library():
        os.write(2, said)
