"""matplotlib: parameters, figures, colours, backend."""
