"""A store: its database and its folder."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from base.errors import UserError
from predictors.workbench.store.migrations import migrate
from predictors.workbench.store.pictures import Pictures

DATABASE = "palimpsest.db"
LOCK = ".lock"
BUSY_SECONDS = 30
MOVING = ("incoming", "outgoing")  # folders of what is on its way


class Archive:
    """Everything that is kept of all collections.

    Of a folder there is one server at a time. Readers of the database never wait for a writer, and a write that was answered is
    on the disk.

    Args:
        folder: of the pictures, and of the database where no other is named.
        url: of a database, as SQLAlchemy writes it; None for SQLite in the folder.

    Raises:
        UserError: the folder or the database cannot be used, or another server has the folder.
    """

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self.folder = folder
        self._lock = held(folder)
        try:
            self.pictures = Pictures(folder)
            self.engine = engine_for(url or f"sqlite:///{folder / DATABASE}")
            with self.engine.begin() as connection:
                migrate(connection)
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
                left.unlink()
    except Timeout as error:
        raise UserError(f"store={folder}: another server has it; stop that one, or name another folder") from error
    except OSError as error:
        raise UserError(f"store={folder}: it cannot be written ({error.strerror or error})") from error
    return lock


def engine_for(url: str) -> Engine:
    """SQLAlchemy's engine; raises UserError for an address that it does not know."""
    try:
        parsed = make_url(url)
        engine = create_engine(parsed, pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError) as error:
        raise UserError(f"store.url={url}: it is no address of a database ({one_line(error)})") from error
    except ModuleNotFoundError as error:
        raise UserError(f"store.url={url}: {error.name} is not installed: pip install 'psycopg[binary]'") from error
    if parsed.get_backend_name() == "sqlite":
        event.listen(engine, "connect", prepare_sqlite)
    return engine


def prepare_sqlite(connection: Any, _: Any) -> None:
    """Readers beside a writer, references that hold, and writes that outlive a power failure."""
    for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_SECONDS * 1000}"):
        connection.execute(f"PRAGMA {setting}")


def one_line(error: Exception) -> str:
    """What an error says, without SQLAlchemy's references."""
    said = str(error.orig) if isinstance(error, OperationalError) and error.orig else str(error)
    return " ".join(said.split("(Background on")[0].split())
