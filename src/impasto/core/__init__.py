"""Shared foundations: files, images, pages, devices, runs, checkpoints."""
