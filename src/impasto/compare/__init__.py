"""`impasto compare`: several trainings of the same pictures, side by side."""
