"""Make `brushwork.webp` anew: samples enlarged plainly, by a network, and with originals' paint.

python docs/pictures/remake_brushwork.py ORIGINALS
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

import impasto
from impasto.brushwork.donors import DONORS, choose
from impasto.brushwork.finish import finish
from impasto.brushwork.originals import find_originals, thumb_of
from impasto.core.images import FILTER, Picture
from impasto.upscale.painted import LONGEST, OF_SAMPLES, shapes_for

GENERATOR, FIRST, COUNT, TRUNCATION = "impressionists-64", 7000, 6, 0.8
SIDE, GAP = 256, 6


def main() -> None:
    """Paint, and lay three rows on a sheet."""
    originals = find_originals(sys.argv[1], SIDE)
    shapes = shapes_for(originals)
    assert shapes is not None
    samples = impasto.load(GENERATOR).sample(COUNT, seed=FIRST, truncation=TRUNCATION)
    rows: list[list[Picture]] = [[], [], []]
    for sample in samples:
        image = Image.fromarray(sample)
        chosen = choose(thumb_of(image), originals.known, originals.usable, DONORS)
        donors = [originals.open(number, SIDE, mirrored) for number, mirrored in chosen]
        begin = round(len(sample) * OF_SAMPLES)
        found = finish(sample, donors, (SIDE, SIDE), begin=begin, shapes=shapes, longest=LONGEST)
        rows[0].append(np.asarray(image.resize((SIDE, SIDE), FILTER)))
        rows[1].append(shapes.enlarge(sample))
        rows[2].append(found.picture)
    step = SIDE + GAP
    sheet = Image.new("RGB", (COUNT * step - GAP, 3 * step - GAP), "white")
    for number, row in enumerate(rows):
        for column, picture in enumerate(row):
            sheet.paste(Image.fromarray(picture), (column * step, number * step))
    sheet.save(Path(__file__).with_name("brushwork.webp"), quality=88, method=6)


if __name__ == "__main__":
    main()
