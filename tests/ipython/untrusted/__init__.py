"""Tests of the room `untrusted`."""
