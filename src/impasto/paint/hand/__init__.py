"""Paintings for a hand: brushes and paints that exist, an order that can be painted, sheets."""
