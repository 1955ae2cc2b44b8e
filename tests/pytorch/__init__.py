"""Tests with PyTorch, which few machines have: `pytest --with-torch tests/pytorch`."""
