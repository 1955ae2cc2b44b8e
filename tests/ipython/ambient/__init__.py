"""Tests of the room `ambient`."""
