"""Tests of the room `classes`."""
