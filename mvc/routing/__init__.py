"""Routes: patterns, the table they are looked up in, and the decorators that register them."""
