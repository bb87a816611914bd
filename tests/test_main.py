"""The program from outside: exit codes, one clear line, a fast start, sweeps."""

import json
import os
import subprocess
import sys
import time

import psutil
import pytest
from PIL import Image

from tests.conftest import PYTHON, ROOT, TINY

QUIET = {key: value for key, value in os.environ.items() if key not in ("HYDRA_FULL_ERROR",)}


def run(*arguments, cwd):
    return start([str(ROOT / "main.py"), *arguments], cwd)


def start(arguments, cwd):
    return subprocess.run([PYTHON, *arguments], cwd=cwd, capture_output=True, text=True, env=QUIET, check=False)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["task=erasr"], "did you mean eraser"),
        (["task=eraser", "model.dpth=3"], "did you mean depth"),
        (["task=eraser", "model.depth=9"], "multiple of 2048"),
        (["task=eraser", "mode=predict", "output=x"], "input= is missing"),
        (["task=eraser", "mode=predict", "input=né, a=b.png", "output=x", "weights=w"], "there is no bundle in w"),
        (["task=eraser", "mode=generate", "output=x", "count=0"], "count=0"),
        (["mode=check_data", "data=folder", "data.root=né, here"], "data.root=né, here: there is no such folder"),
        (["mode=convert", "data=pagexml", "output=x"], "did you mean page_xml"),
        (["mode=generate", "data=synthetic", "output=x", "data.charset=none.txt"], "data.charset=none.txt"),
        (["mode=learn_text", "corpus=none", "output=x"], "corpus=none: there is no such file"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(arguments, words, tmp_path):
    answer = run(*arguments, cwd=tmp_path)
    assert answer.returncode == 2, answer.stderr
    assert words in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_help_is_exit_code_0(tmp_path):
    answer = run("--help", cwd=tmp_path)
    assert answer.returncode == 0
    assert "Remove rules" in answer.stdout


def test_data_modes_need_no_framework(tmp_path, ruled_line):
    for number in range(4):
        (tmp_path / f"in/train/page{number}").mkdir(parents=True)
        Image.fromarray(ruled_line).save(tmp_path / f"in/train/page{number}/a.png")
        (tmp_path / f"in/train/page{number}/a.gt.txt").write_text("text")
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import main\n"
        "code = main.main(['mode=check_data', 'data=folder', 'data.root=in', 'output=report', 'processes=1'])\n"
        "code = code or main.main(['mode=convert', 'data=folder', 'data.root=in', 'output=out', 'format=lmdb', 'processes=1'])\n"
        "heavy = {'tensorflow', 'keras', 'jax', 'torch', 'mlflow', 'grain', 'albumentations'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else code)"
    )
    answer = start(["-c", script, str(ROOT)], tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert (tmp_path / "out/train/data.mdb").is_file()


@pytest.mark.slow
def test_a_killed_generation_goes_on(tmp_path):
    command = ["mode=generate", "data=synthetic", "data.languages=[en]", "count=500", "splits=[train]"]
    rows = tmp_path / "set.partial/labels.tsv"
    process = subprocess.Popen([PYTHON, str(ROOT / "main.py"), *command, "output=set"], cwd=tmp_path, env=QUIET)
    while process.poll() is None and (not rows.is_file() or rows.read_text("utf-8").count("\n") < 66):
        time.sleep(0.02)
    workers = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.wait()
    assert not (tmp_path / "set").exists()
    _, alive = psutil.wait_procs(workers, timeout=10)
    assert not alive, "workers outlive a parent that was killed"
    for output in ("set", "whole"):
        assert run(*command, f"output={output}", cwd=tmp_path).returncode == 0
    assert (tmp_path / "set/labels.tsv").read_text("utf-8") == (tmp_path / "whole/labels.tsv").read_text("utf-8")
    for path in (tmp_path / "whole/images").rglob("*.png"):
        assert path.read_bytes() == (tmp_path / "set" / path.relative_to(tmp_path / "whole")).read_bytes()


def test_predicting_needs_no_framework(tmp_path, ruled_line, tiny_bundle):
    if not tiny_bundle.onnx_path:
        pytest.skip("only the TensorFlow backend exports to ONNX")
    Image.fromarray(ruled_line).save(tmp_path / "one.png")
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import main\n"
        "code = main.main(['mode=predict', 'task=eraser', 'input=one.png', 'output=out', 'weights=' + sys.argv[2]])\n"
        "heavy = {'tensorflow', 'keras', 'jax', 'torch', 'mlflow', 'grain', 'albumentations'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else code)"
    )
    begun = time.perf_counter()
    answer = start(["-c", script, str(ROOT), str(tiny_bundle.folder)], tmp_path)
    assert answer.returncode == 0, answer.stderr
    print(f"cold prediction: {time.perf_counter() - begun:.2f} s", file=sys.stderr)
    assert json.loads((tmp_path / "out/predictions.jsonl").read_text())["image"] == "one.png"


def test_a_broken_image_is_exit_code_1(tmp_path, tiny_bundle):
    (tmp_path / "one.png").write_text("no image")
    answer = run("mode=predict", "task=eraser", "input=one.png", "output=out", f"weights={tiny_bundle.folder}", cwd=tmp_path)
    assert answer.returncode == 1
    assert "1 of 1 files" in answer.stderr


@pytest.mark.slow
def test_a_sweep_nests_its_runs_measures_no_test_split_and_survives_a_failure(tmp_path):
    answer = run("--multirun", *TINY, "model.width=8,16", "trainer.init=null,nowhere", cwd=tmp_path)
    assert answer.returncode == 1, answer.stderr
    table = answer.stdout[answer.stdout.rindex("runs\n") :]
    assert table.count("done") == 2
    assert table.count("nowhere is not a bundle") == 2
    assert "task=eraser" not in table  # what all have tells nothing
    rows = table.splitlines()[3:7]
    reached = [float(row.split()[3]) for row in rows[:2]]
    assert reached == sorted(reached, reverse=True) and all("experiments/runs/eraser" in row for row in rows[:2])

    import mlflow

    client = mlflow.MlflowClient(f"sqlite:///{tmp_path}/experiments/mlflow.db")
    (experiment,) = (found for found in client.search_experiments() if found.name == "eraser")
    runs = client.search_runs([experiment.experiment_id])
    (parent,) = (found for found in runs if "mlflow.parentRunId" not in found.data.tags)
    children = [found for found in runs if found.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    assert [child.info.status for child in children] == ["FINISHED", "FINISHED"]
    assert {child.info.run_name for child in children} == {
        "model.width=8, trainer.init=null",
        "model.width=16, trainer.init=null",
    }
    assert parent.info.status == "FINISHED"  # some of its runs are done
    best = max(child.data.metrics["val_artifact_f1"] for child in children)
    assert parent.data.metrics["best_val_artifact_f1"] == pytest.approx(best, abs=1e-6)
    assert parent.data.params["trainer.init"] == "null" and "model.width" in parent.data.params
    assert "table.md" in {artifact.path for artifact in client.list_artifacts(parent.info.run_id)}
    assert not any(name.startswith("test_") for child in children for name in child.data.metrics)
    results = [json.loads(path.read_text("utf-8")) for path in tmp_path.glob("experiments/sweeps/*/*/result.json")]
    chosen = [result for result in results if result["error"] is None]
    assert all(result["objective"] == result["metrics"]["val_artifact_f1"] for result in chosen)
    assert len(chosen) == 2
