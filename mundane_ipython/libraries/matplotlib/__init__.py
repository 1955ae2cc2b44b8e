"""matplotlib: figures, colours, backend."""
