"""A store on SQLite, or on the database that PALIMPSEST_TEST_DATABASE names (`make test-postgres`), and a reader that is quick."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import create_engine, text

from predictors import load
from predictors.pages import PagesPredictor
from predictors.serving.app import make_app
from predictors.workbench.bench import Workbench
from predictors.workbench.store.archive import Archive
from tests.conftest import config, draw_line
from utils.configuration.check import check

DATABASE = os.environ.get("PALIMPSEST_TEST_DATABASE")
OURS = {"X-Palimpsest": "1"}


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


def settings(folder: Path, database: str | None, *overrides: str):
    """A config of mode=serve with a store, and no other tasks than pages."""
    others = [f"weights.{task}=null" for task in ("eraser", "lines", "words", "hangul")]
    cfg = config("mode=serve", *others, f"store.folder={folder}", f"store.url={database or 'null'}", *overrides)
    check(cfg)
    return cfg


@pytest.fixture
def bench(tmp_path: Path, database: str | None, pages_predictor: PagesPredictor) -> Iterator[Workbench]:
    bench = Workbench(settings(tmp_path / "store", database), pages_predictor)
    yield bench
    bench.close()


@pytest.fixture
def client(bench: Workbench, tmp_path: Path, database: str | None) -> TestClient:
    limits = settings(tmp_path / "store", database).limits
    return TestClient(make_app({}, limits, None, None, bench), headers=OURS)


def written_page(path: Path, *texts: str) -> Path:
    """Draws a page of printed lines."""
    page = np.full((100 + 120 * len(texts), 900), 245, np.uint8)
    for number, line_text in enumerate(texts):
        line = draw_line(line_text, size=44)
        page[60 + 120 * number : 60 + 120 * number + line.shape[0], 80 : 80 + line.shape[1]] = line
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(page).save(path)
    return path
