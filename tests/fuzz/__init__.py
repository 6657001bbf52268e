"""Damaged and hostile files by the thousand: `make fuzz`, or `python -m tests.fuzz 10`."""
