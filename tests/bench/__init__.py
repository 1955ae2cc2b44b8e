"""Benchmarks and large checks, run by hand: `python -m tests.bench.NAME`."""
