"""What everything else stands on: files, images, pages, devices, runs, checkpoints."""
