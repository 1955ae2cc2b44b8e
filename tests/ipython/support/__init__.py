"""What the tests use: kernels, shells, terminals, forged and amplified data."""
