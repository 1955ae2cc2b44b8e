"""Tests of the room `adapter`."""
