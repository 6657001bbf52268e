"""`impasto explore`: directions, projection, mixing, blending, nearest originals."""
