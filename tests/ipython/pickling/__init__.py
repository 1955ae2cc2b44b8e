"""Tests of the room `pickling`."""
