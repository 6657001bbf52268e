"""From a painting to a machine that draws it: lines in millimetres, pens, travel, programs."""
