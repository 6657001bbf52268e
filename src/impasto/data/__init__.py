"""Pictures in: folders, built-in sets, cleaning, packing, batches."""
