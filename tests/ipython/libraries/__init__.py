"""Tests of the room `libraries`."""
