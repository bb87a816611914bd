"""A reader learns from what people corrected, in a process of its own that outlives the server."""

import time
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from omegaconf import OmegaConf

from predictors.serving.app import make_app
from predictors.workbench.bench import Workbench
from predictors.workbench.store.tables import Job
from predictors.workbench.work.learning import changes, phase
from tests.conftest import TEXTS, TINY_LINES
from tests.predictors.workbench.drawn import API, OURS, ended, settings, written_page
from utils.runs.folder import is_held

TINY = [override for override in TINY_LINES if not override.startswith("task=")]
QUICK = [
    *TINY,
    "~data.mixture.synthetic",
    "charset=null",
    "runtime.precision=float32",
    "tracking=none",
    "trainer.steps_per_epoch=2",
]


@pytest.fixture
def cfg(tmp_path: Path, database: str | None):
    cfg = settings(tmp_path / "store", database)
    return OmegaConf.merge(cfg, {"learning": {"overrides": QUICK}})


@pytest.fixture
def reader(pages_predictor, reader_run):
    """Reads pages with a tiny reader of lines."""
    from predictors.pages import PagesPredictor

    own = OmegaConf.merge(pages_predictor.cfg, {"reader": str(reader_run[0] / "bundle"), "language": None})
    return PagesPredictor(pages_predictor.network, {**pages_predictor.facts, "opened": {}}, own)


@pytest.fixture
def workbench(cfg, reader, workplace):
    bench = Workbench(cfg, reader)
    yield bench
    bench.close()


@pytest.fixture
def app(workbench, cfg) -> TestClient:
    return TestClient(make_app({}, cfg.limits, None, None, workbench), headers=OURS)


def corrected(client: TestClient, tmp_path: Path) -> int:
    """A collection of three pages whose lines are all done."""
    collection = client.post(f"{API}/collections", json={"name": "Letters"}).json()["id"]
    for number in range(3):
        file = written_page(tmp_path / f"p{number}.png", *TEXTS[:3])
        client.post(f"{API}/collections/{collection}/files", files={"file": (file.name, file.read_bytes())})
    for page in client.get(f"{API}/collections/{collection}/pages").json():
        found = client.post(f"{API}/pages/{page['id']}/read", json={}).json()["lines"]
        for line, text in zip(found, TEXTS, strict=False):
            wish = {"line": line["id"], "version": line["version"], "text": text, "state": "done"}
            client.post(f"{API}/pages/{page['id']}/edit", json=wish)
    return collection


def test_what_was_corrected_makes_a_reader(app, workbench, tmp_path):
    collection = corrected(app, tmp_path)
    job = app.post(f"{API}/collections/{collection}/learn", json={"minutes": 0.05}).json()
    assert job["options"]["lines"] == 6 and job["options"]["held_out"] == 3
    assert app.post(f"{API}/jobs/{job['id']}/adopt").status_code == 400
    done = ended(app, job["id"])
    assert done["state"] == "finished", done
    result = done["result"]
    assert result["counts"]["measured"] == 3 and result["cer_after"] >= 0 and Path(result["learned"]).exists()
    adopted = app.post(f"{API}/jobs/{job['id']}/adopt").json()
    assert adopted["reader"] == result["reader"] and ended(app, adopted["job"]["id"])["state"] == "finished"
    about = app.get(f"{API}/collections/{collection}").json()
    assert about["reader"] == result["reader"] and about["choices"]["readers"] == ["default", result["reader"]]
    command = workbench.learning.command(job_of(workbench, job["id"]))
    assert any(part.startswith("trainer.init=") and part.endswith("bundle") for part in command)  # the next one goes on from it


def job_of(bench: Workbench, job_id: int) -> Job:
    with bench.archive.reading() as session:
        return session.get_one(Job, job_id)


def test_it_goes_on_without_the_server_and_can_be_stopped(app, workbench, cfg, reader, tmp_path):
    collection = corrected(app, tmp_path)
    job = app.post(f"{API}/collections/{collection}/learn", json={"minutes": 30}).json()["id"]
    held = workbench.learning.folder(job_of(workbench, job)) / "result"
    until = time.monotonic() + 60
    while not is_held(held) and time.monotonic() < until:
        time.sleep(0.1)
    workbench.close()
    assert is_held(held)  # the server is gone, and the process is not
    again = Workbench(cfg, reader)
    try:
        client = TestClient(make_app({}, cfg.limits, None, None, again), headers=OURS)
        time.sleep(1.5)
        found = client.get(f"{API}/jobs/{job}").json()
        assert found["state"] == "running" and found["message"] in ("measure", "learn")
        assert job_of(again, job).process["starts"] == 1  # it was found, not started once more
        assert client.delete(f"{API}/jobs/{job}").json()["state"] == "cancelled"
        until = time.monotonic() + 30
        while is_held(held) and time.monotonic() < until:
            time.sleep(0.1)
        assert not is_held(held)
    finally:
        again.close()


def test_a_mistake_ends_it_at_once_and_is_told(app, workbench, tmp_path):
    workbench.settings.overrides = ["trainer.nonsense=1"]
    collection = corrected(app, tmp_path)
    job = ended(app, app.post(f"{API}/collections/{collection}/learn", json={"minutes": 1}).json()["id"])
    assert job["state"] == "failed" and "nonsense" in job["message"] and job_of(workbench, job["id"]).process["starts"] == 1


def test_what_a_learning_is_at(tmp_path):
    assert phase(tmp_path) == "measure"
    for steps, name in (('{"before": "a"}', "learn"), ('{"before": "a", "learned": "b"}', "measure_again")):
        (tmp_path / "steps.json").write_text(steps)
        assert phase(tmp_path) == name


def test_the_lines_that_changed_most(tmp_path):
    rows = [(-3, "a"), (5, "b"), (0, "c"), (-1, "d")]
    table = "change\tsource\tgroup\ttruth\tfirst\tsecond\n" + "".join(
        f"{change}\tmine\tpage_7_line_{number}\t{truth}\tx\ty\n" for number, (change, truth) in enumerate(rows)
    )
    (tmp_path / "comparison.tsv").write_text(table)
    found = changes(tmp_path / "comparison.tsv")
    assert [line["truth"] for line in found["improved"]] == ["a", "d"] and [line["truth"] for line in found["worsened"]] == ["b"]
    assert found["improved"][0]["page"] == 7 and found["counts"] == {"better": 2, "worse": 1, "measured": 4}
