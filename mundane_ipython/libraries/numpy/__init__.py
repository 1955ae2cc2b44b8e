"""NumPy: data out of untrusted pickles, masked arrays."""
