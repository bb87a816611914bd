"""Networks: one module an architecture."""
