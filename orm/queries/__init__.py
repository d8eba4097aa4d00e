"""Queries: what select(), update() and delete() build, and how it becomes SQL and objects."""
