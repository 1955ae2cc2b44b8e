"""Tests of the room `taskfile`."""
