"""The paint of originals under the composition of another picture, octave by octave."""
