"""How the tables of an older store become those of today: a numbered list of steps."""

from collections.abc import Callable

from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, insert, inspect, select, update

from base.errors import UserError
from predictors.workbench.store.tables import Base

Step = Callable[[Connection], None]

VERSION = Table("store_version", MetaData(), Column("number", Integer, nullable=False), Column("identity", Text, nullable=False))


def first_tables(connection: Connection) -> None:
    """1: collections, pages, lines, changes, jobs, readers."""
    Base.metadata.create_all(connection)


STEPS: list[Step] = [first_tables]


def migrate(connection: Connection, folder: str) -> str:
    """Brings a store up to date, all steps or none; returns its identity.

    Args:
        connection: in a transaction.
        folder: the identity of the folder that its pictures are in.

    Raises:
        UserError: the store was made by a newer Palimpsest, or its pictures are in another folder.
    """
    if not inspect(connection).has_table(VERSION.name):
        VERSION.create(connection)
        connection.execute(insert(VERSION).values(number=0, identity=folder))
    number: int
    number, identity = connection.execute(select(VERSION.c.number, VERSION.c.identity)).one().tuple()
    if identity != folder:
        raise UserError("store: the pictures of this database are in another folder; name that one with store.folder=")
    if number > len(STEPS):
        raise UserError(f"store: it was made by a newer Palimpsest (version {number}, this one knows {len(STEPS)}): update it")
    for step in STEPS[number:]:
        step(connection)
    connection.execute(update(VERSION).values(number=len(STEPS)))
    return folder
