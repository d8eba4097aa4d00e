"""The model: the metaclass collects, the builder binds, applications see the class."""
