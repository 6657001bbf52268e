"""Judging paintings: features, distances, neighbours."""
