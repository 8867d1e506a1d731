"""Language models: one module a way to reach them."""
