"""Tests of the room `namespace`."""
