"""Expressions: nodes that write themselves into SQL text and a list of parameters."""
