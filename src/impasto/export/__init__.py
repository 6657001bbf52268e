"""A trained generator, made fit for other places: ONNX, the Hugging Face Hub, a web page."""
