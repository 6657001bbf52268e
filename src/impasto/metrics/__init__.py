"""Judging paintings: features, distances, neighbours, signs."""
