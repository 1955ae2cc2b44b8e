"""pandas: its options, and frames and indexes of untrusted pickles."""
