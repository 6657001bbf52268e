"""`impasto prepare`: from a folder of anything to a set that a training can trust."""
