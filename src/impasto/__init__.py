"""Impasto learns a folder of paintings and paints new ones."""

__version__ = "0.1.0"
