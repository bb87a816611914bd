"""A store: its database and its folder."""

import shutil
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from base.errors import UserError
from predictors.workbench.store.migrations import migrate
from predictors.workbench.store.pictures import Pictures
from utils.files.whole import write_text

DATABASE = "palimpsest.db"
LOCK = ".lock"
IDENTITY = "store.id"
BUSY_SECONDS = 30
CONNECTIONS = 40  # as many as requests are worked on at once
SQLITE, POSTGRESQL = "sqlite", "postgresql"
OUR_LOCK = 7163042  # of PostgreSQL's advisory locks
MOVING = ("incoming", "outgoing")  # folders of what is on its way


class Archive:
    """Everything that is kept of all collections.

    A folder and a database have one server at a time, and belong together. Readers of the database never wait for a writer, and
    a write that was answered is on the disk.

    Args:
        folder: of the pictures, and of the database where no other is named.
        url: of a database, as SQLAlchemy writes it; None for SQLite in the folder.

    Attributes:
        identity: of the store: what browsers keep of one is not taken for another's.

    Raises:
        UserError: the folder or the database cannot be used, or another server has the folder.
    """

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self.folder = folder
        self._lock = held(folder)
        try:
            self.pictures = Pictures(folder)
            self.engine = engine_for(url or f"sqlite:///{folder / DATABASE}")
            self._alone = alone(self.engine)
            with self.engine.begin() as connection:
                self.identity = migrate(connection, identity_of(folder))
        except BaseException as error:
            self._lock.release()
            if isinstance(error, SQLAlchemyError):
                raise UserError(f"store: the database cannot be used ({one_line(error)})") from error
            raise
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._writer = threading.Lock()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that changes nothing."""
        with self._sessions() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose changes are kept when the block ends without an error, and else none of them."""
        with self._writer, self._sessions.begin() as session:
            yield session

    def aside(self, kind: str) -> Path:
        """A folder for files on their way in or out (`MOVING`); they are gone after the next start."""
        return self.folder / kind

    def close(self) -> None:
        """Lets others have it."""
        self._alone.close()
        self.engine.dispose()
        self._lock.release()


def held(folder: Path) -> FileLock:
    """Makes a store's folder where there is none, and takes it; what an earlier server left on its way goes."""
    lock = FileLock(folder / LOCK)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
        for kind in MOVING:
            (folder / kind).mkdir(exist_ok=True)
            for left in (folder / kind).iterdir():
                shutil.rmtree(left) if left.is_dir() else left.unlink()
    except Timeout as error:
        raise UserError(f"store={folder}: another server has it; stop that one, or name another folder") from error
    except OSError as error:
        lock.release()
        raise UserError(f"store={folder}: it cannot be written ({error.strerror or error})") from error
    return lock


def engine_for(url: str) -> Engine:
    """SQLAlchemy's engine; raises UserError for an address that it does not know."""
    try:
        parsed = make_url(url)
        engine = create_engine(parsed, pool_pre_ping=True, pool_size=CONNECTIONS)
    except (ArgumentError, NoSuchModuleError) as error:
        raise UserError(f"store.url: it is no address of a database ({one_line(error)})") from error
    except ModuleNotFoundError as error:
        raise UserError(f"store.url: {error.name} is not installed: pip install 'psycopg[binary]'") from error
    if parsed.get_backend_name() == SQLITE:
        event.listen(engine, "connect", prepare_sqlite)
        event.listen(engine, "begin", begin_sqlite)
    return engine


def alone(engine: Engine) -> Connection:
    """A connection that holds a database for one server as long as it is open; raises UserError where another has it.

    SQLite's lies in the store's folder, which is held already.
    """
    connection = engine.connect()
    if engine.dialect.name == POSTGRESQL and not connection.scalar(select(func.pg_try_advisory_lock(OUR_LOCK))):
        connection.close()
        raise UserError("store.url: another server has this database; stop that one, or name another")
    connection.rollback()
    return connection


def identity_of(folder: Path) -> str:
    """A store's own name, in its folder from its first day on."""
    path = folder / IDENTITY
    if not path.is_file():
        write_text(path, uuid.uuid4().hex)
    return path.read_text(encoding="ascii")


def prepare_sqlite(connection: Any, _: Any) -> None:
    """Readers beside a writer, references that hold, and writes that outlive a power failure.

    Python's driver begins no transaction for tables that are made: `begin_sqlite` begins each, so that all of it is kept or none.
    """
    connection.isolation_level = None
    for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_SECONDS * 1000}"):
        connection.execute(f"PRAGMA {setting}")


def begin_sqlite(connection: Connection) -> None:
    """Begins a transaction."""
    connection.exec_driver_sql("BEGIN")


def one_line(error: Exception) -> str:
    """What an error says, without SQLAlchemy's references."""
    said = str(error.orig) if isinstance(error, OperationalError) and error.orig else str(error)
    return " ".join(said.split("(Background on")[0].split())
