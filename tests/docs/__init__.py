"""Tests that README.md and SPEC.md say what is so."""
