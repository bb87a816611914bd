"""One epoch of each task through its modes, with tracking, and what becomes of it."""

import json
from pathlib import Path

import numpy as np
import pytest

from base.errors import UserError
from predictors import load
from tests.conftest import TINY, config
from trainers.modes.evaluate import evaluate
from trainers.modes.train import start_from, train
from utils.runs.folder import RunFolder, config_hash

pytestmark = pytest.mark.backend


def tracked(*overrides):
    return config(*TINY, "trainer.epochs=2", *overrides)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A finished tracked run: its config and its working directory."""
    import os

    place, before = tmp_path_factory.mktemp("trained"), Path.cwd()
    os.chdir(place)
    try:
        cfg = tracked("tracking.register=true")
        objective = train(cfg)
    finally:
        os.chdir(before)
    return cfg, place, objective


@pytest.fixture
def run_folder(trained, monkeypatch):
    cfg, place, _ = trained
    monkeypatch.chdir(place)
    return place / "experiments/runs/eraser" / f"patch_dilated-{config_hash(cfg)}"


def test_a_run_leaves_all_that_it_promises(run_folder, trained):
    metrics = json.loads((run_folder / "metrics.json").read_text())
    assert metrics["val_artifact_f1"] == trained[2]
    assert {f"test_{name}" for name in ("text_lost", "overlap_kept", "psnr_db", "all_artifact_f1")} <= set(metrics)
    for name in (
        "config.yaml",
        "history.csv",
        "figures/before_after.png",
        "figures/gallery/epoch_0002.png",
        "bundle/bundle.json",
        "bundle/card.md",
    ):
        assert (run_folder / name).is_file(), name
    assert len((run_folder / "history.csv").read_text().splitlines()) == 3
    assert json.loads((run_folder / "run.json").read_text())["finished"]


def test_tensorboard_has_scalars_and_pictures(run_folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(run_folder / "events"))
    events.Reload()
    assert len(events.Scalars("training/loss")) == 2
    assert events.Scalars("validation/artifact_f1")
    assert len(events.Images("before/after")) == 2


def test_mlflow_has_parameters_metrics_figures_and_the_model(run_folder, trained):
    import mlflow
    import pandas

    cfg, place, _ = trained
    mlflow.set_tracking_uri(cfg.tracking.uri)
    client = mlflow.MlflowClient()
    run = client.get_run(json.loads((run_folder / "run.json").read_text())["mlflow_run_id"])
    assert run.info.status == "FINISHED"
    assert run.data.params["model.width"] == "16"
    metrics = json.loads((run_folder / "metrics.json").read_text("utf-8"))
    assert run.data.metrics["test_artifact_f1"] == pytest.approx(metrics["test_artifact_f1"])
    assert {"git_commit", "git_dirty", "data"} <= set(run.data.tags)
    (data,) = run.inputs.dataset_inputs
    assert data.dataset.name == cfg.data.name and len(data.dataset.digest) == 8
    assert len(client.get_metric_history(run.info.run_id, "loss")) == 2
    model = mlflow.pyfunc.load_model(f"models:/{cfg.task.name}/1")
    picture = next((place / "experiments").rglob("before_after.png"))
    answer = model.predict(pandas.DataFrame({"image": [picture.read_bytes()]}))
    expected = load("eraser", str(run_folder / "bundle")).predict(picture)
    assert json.loads(answer["prediction"][0]) == expected.values and set(expected.values) == {"artifact_fraction"}


def test_a_bundle_can_be_evaluated(run_folder, trained):
    cfg = config(
        "mode=evaluate",
        *TINY,
        "tracking=none",
        f"weights={run_folder / 'bundle'}",
        f"competitors=[{run_folder / 'bundle'}]",
        "split=val",
    )
    assert evaluate(cfg) == pytest.approx(trained[2], abs=0.02)
    assert (Path("experiments/runs/eraser/evaluate-1") / "metrics.json").is_file()


def test_an_mlflow_model_can_be_evaluated(run_folder, trained):
    cfg = config("mode=evaluate", *TINY, "weights=models:/eraser/1", "split=val")
    evaluate(cfg)


def test_a_finished_run_is_not_overwritten(run_folder, trained):
    with RunFolder.owned(trained[0], "data") as again:
        assert again.path.name == f"{run_folder.name}-2"


def test_another_run_can_start_from_a_bundle(run_folder, trained, capsys):
    from base.registry import MODELS

    cfg = trained[0]
    model = MODELS.get(cfg.model.name)(cfg.model)
    start_from(str(run_folder / "bundle"), model)
    stored = np.load(run_folder / "bundle/weights.npz")
    for name, array in model.weights().items():
        np.testing.assert_allclose(array, stored[name], atol=1e-3)
    cfg = config("task=eraser", "model=unet", "model.width=16", "model.depth=1")
    with pytest.raises(UserError, match=r"only \d+ of \d+ weights fit"):
        start_from(str(run_folder / "bundle"), MODELS.get("unet_deeperase")(config("task=eraser", "model=unet_deeperase").model))


def test_a_failed_run_is_marked_with_its_error(workplace, monkeypatch):
    import mlflow

    from trainers.modes import train as module

    def fail(*_):
        raise RuntimeError("the disk caught fire")

    monkeypatch.setattr(module, "fit", fail)
    cfg = tracked()
    with pytest.raises(RuntimeError):
        train(cfg)
    mlflow.set_tracking_uri(cfg.tracking.uri)
    run = mlflow.search_runs(search_all_experiments=True, output_format="list")[0]
    assert run.info.status == "FAILED"
    assert "the disk caught fire" in run.data.tags["error"]


def test_a_lost_server_warns_once_and_training_goes_on(workplace, capsys):
    train(tracked("trainer.epochs=1", "tracking.uri=http://127.0.0.1:9"))
    assert capsys.readouterr().err.count("tracking is lost") == 1


def test_a_run_folder_that_is_none_is_named(workplace):
    with pytest.raises(UserError, match="not a run folder"):
        RunFolder.owned(config(*TINY, f"trainer.resume={workplace}"), "data").__enter__()


def test_a_run_has_one_owner(workplace):
    auto, never = config(*TINY), config(*TINY, "trainer.resume=never")
    with RunFolder.owned(auto, "data") as run:
        with pytest.raises(UserError, match="trained by another process"), RunFolder.owned(auto, "data"):
            pass
        with RunFolder.owned(never, "data") as another:
            assert another.path != run.path
    with RunFolder.owned(auto, "data") as again:
        assert again.path == run.path


@pytest.mark.parametrize("content", ["", "{", "[]", '{"finished": tr', '{"mlflow_run_id": null}'])
def test_a_damaged_state_of_a_run_does_not_stop_it(workplace, capsys, content):
    with RunFolder.owned(config(*TINY), "data") as run:
        pass
    (run.path / "run.json").write_text(content)
    (run.path / "config.yaml").write_text("{")
    with RunFolder.owned(config(*TINY), "data") as again:
        assert again.path == run.path
    assert "run.json is damaged" in capsys.readouterr().out


def test_a_run_does_not_go_on_with_other_data_unless_somebody_says_so(workplace, capsys):
    with RunFolder.owned(config(*TINY), "folder:a:12 + strokes:7") as run:
        pass
    with pytest.raises(UserError, match=r"other data \(then strokes:7, now strokes:8\).*trainer\.resume=never"):
        RunFolder.owned(config(*TINY), "folder:a:12 + strokes:8").__enter__()
    with RunFolder.owned(config(*TINY, f"trainer.resume={run.path}"), "folder:a:12 + strokes:8"):
        assert "begun with other data" in capsys.readouterr().out
    with RunFolder.owned(config(*TINY), "folder:a:12 + strokes:8") as again:
        assert again.path == run.path


def test_the_hash_ignores_what_does_not_change_the_result():
    assert config_hash(tracked()) == config_hash(tracked("tracking=none", "trainer.resume=never", "runtime.threads=1"))
    assert config_hash(tracked()) != config_hash(tracked("threshold=0.6"))
    assert config_hash(tracked()) != config_hash(tracked("seed=2"))
