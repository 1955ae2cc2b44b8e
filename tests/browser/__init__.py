"""Tests in a real browser: `pytest --with-browser`."""
