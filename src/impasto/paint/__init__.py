"""Painting with strokes: a brush engine, networks that learnt it, and the painter."""
