"""Tests of `mundane`, in files that mirror its modules."""
