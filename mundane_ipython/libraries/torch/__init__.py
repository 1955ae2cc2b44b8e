"""PyTorch: types, tensors, state."""
