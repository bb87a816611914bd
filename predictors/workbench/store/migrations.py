"""How the tables of an older store become those of today: a numbered list of steps."""

from collections.abc import Callable

from sqlalchemy import Column, Connection, Integer, MetaData, Table, insert, inspect, select, update

from base.errors import UserError
from predictors.workbench.store.tables import Base

Step = Callable[[Connection], None]

VERSION = Table("store_version", MetaData(), Column("number", Integer, nullable=False))


def first_tables(connection: Connection) -> None:
    """1: collections, pages, lines, changes, jobs, readers."""
    Base.metadata.create_all(connection)


STEPS: list[Step] = [first_tables]


def migrate(connection: Connection) -> None:
    """Brings a store up to date, all steps or none.

    Args:
        connection: in a transaction.

    Raises:
        UserError: the store was made by a newer Palimpsest.
    """
    if not inspect(connection).has_table(VERSION.name):
        VERSION.create(connection)
        connection.execute(insert(VERSION).values(number=0))
    number: int = connection.execute(select(VERSION.c.number)).scalar_one()
    if number > len(STEPS):
        raise UserError(f"store: it was made by a newer Palimpsest (version {number}, this one knows {len(STEPS)}): update it")
    for step in STEPS[number:]:
        step(connection)
    connection.execute(update(VERSION).values(number=len(STEPS)))
