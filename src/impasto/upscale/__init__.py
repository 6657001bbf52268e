"""Enlarging pictures with networks that others trained."""
