"""A store on SQLite, or on the database that PALIMPSEST_TEST_DATABASE names (`make test-postgres`), and a quick reader."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text

from predictors import load
from predictors.pages import PagesPredictor
from predictors.serving.app import make_app
from predictors.workbench.bench import Workbench
from predictors.workbench.store.archive import Archive
from tests.predictors.workbench.drawn import OURS, settings

DATABASE = os.environ.get("PALIMPSEST_TEST_DATABASE")


@pytest.fixture
def database() -> str | None:
    """The address of an empty database; None for SQLite in the store's folder."""
    if DATABASE is None:
        return None
    engine = create_engine(DATABASE, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return DATABASE


@pytest.fixture
def archive(tmp_path: Path, database: str | None) -> Iterator[Archive]:
    archive = Archive(tmp_path / "store", database)
    yield archive
    archive.close()


@pytest.fixture(scope="module")
def pages_predictor() -> PagesPredictor:
    return load("pages", erase="never", language="none")


@pytest.fixture
def bench(tmp_path: Path, database: str | None, pages_predictor: PagesPredictor) -> Iterator[Workbench]:
    bench = Workbench(settings(tmp_path / "store", database), pages_predictor)
    yield bench
    bench.close()


@pytest.fixture
def client(bench: Workbench, tmp_path: Path, database: str | None) -> TestClient:
    limits = settings(tmp_path / "store", database).limits
    return TestClient(make_app({}, limits, None, None, bench), headers=OURS)
