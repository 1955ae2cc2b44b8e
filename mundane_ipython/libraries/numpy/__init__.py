"""NumPy: its global generator and options, masked arrays, and arrays of untrusted pickles."""
