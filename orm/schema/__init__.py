"""Tables of models: their DDL on each engine, creating and dropping them, and the database itself.

types       the column type of each kind of field
tables      CREATE TABLE and CREATE INDEX of one model
create      create_all and drop_all, in dependency order
introspect  which tables exist
provision   the database itself, before anything can be created in it
"""

import orm.schema.fulltext  # noqa: F401  # makes the kind of index known
