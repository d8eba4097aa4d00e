"""Field declarations: what stands in a model's class body."""
