"""A trained generator, or a folder of pictures, against the originals; trainings side by side."""
