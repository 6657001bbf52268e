"""Networks as plain functions of plain arguments."""
