"""Paint by numbers: a picture as regions that a brush can fill, with numbers, paints and plans."""
