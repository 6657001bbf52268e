"""Pictures out of a trained generator."""
