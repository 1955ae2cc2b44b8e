"""PyTorch: its global state, tensors, and the memory that they share."""
