"""Tests of the room `references`."""
