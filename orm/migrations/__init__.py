"""Migrations: from the schema that a database has to the one that the models describe.

declare                  the words of a migration file
operations, data         changes of a schema as data; data that is moved
diff, fills              the operations that lead from one schema to another
impact, lint             what an operation costs and whom it stops; how to do it on a live table
sqlite, mysql, steps     how each engine carries an operation out
files, source            reading and writing migration files
history, plan, executor  what a database has had, what is to be done, doing it through kills
lock                     one process at a time
migrator, direct         all of it together: with migration files, and without
"""

from orm.migrations.data import nothing
from orm.migrations.declare import (
    add_check,
    add_column,
    add_foreign_key,
    add_index,
    alter_column,
    backfill,
    check,
    column,
    comment_table,
    create_table,
    drop_check,
    drop_column,
    drop_foreign_key,
    drop_index,
    drop_table,
    expression,
    foreign_key,
    index,
    rename_column,
    rename_table,
    run,
    sql,
    texts,
)

__all__ = [
    "add_check",
    "add_column",
    "add_foreign_key",
    "add_index",
    "alter_column",
    "backfill",
    "check",
    "column",
    "comment_table",
    "create_table",
    "drop_check",
    "drop_column",
    "drop_foreign_key",
    "drop_index",
    "drop_table",
    "expression",
    "foreign_key",
    "index",
    "nothing",
    "rename_column",
    "rename_table",
    "run",
    "sql",
    "texts",
]
