"""The brush: strokes as numbers, and the engine that draws them."""
