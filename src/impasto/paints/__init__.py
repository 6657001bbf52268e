"""Real paints: what they mix to, by Kubelka and Munk, and which mixtures serve a picture."""
