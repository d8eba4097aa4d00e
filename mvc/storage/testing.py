"""The default database for the fixtures of `mvc.testing`: only storage speaks to the ORM."""

from orm import close, database

__all__ = ["close", "database"]
