"""`impasto evaluate`: a trained generator, or a folder of pictures, against the originals."""
