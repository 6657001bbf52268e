"""`impasto strokes`: stroke data by the real brush, and the networks that learn it."""
