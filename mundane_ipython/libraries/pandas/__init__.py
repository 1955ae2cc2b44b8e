"""pandas: data out of untrusted pickles."""
