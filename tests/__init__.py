"""The tests; `tests.core` holds those of the library, with no third-party package but pytest's."""
