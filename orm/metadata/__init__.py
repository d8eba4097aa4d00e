"""What is known about a model: its fields, keys, indexes and relations."""
