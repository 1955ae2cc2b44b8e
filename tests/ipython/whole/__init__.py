"""The extension as a whole, in real kernels and front ends, and beside what it is built on."""
