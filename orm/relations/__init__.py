"""Relations between models: foreign keys, their back-references, many-to-many."""
