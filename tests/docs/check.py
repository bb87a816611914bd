"""Runs what the documentation shows, on small data: ``python -m tests.docs.check [PAGE ...]``.

Commands run in this process, in a folder of their own, with fewer samples and steps than they say. Those that are marked
as long are composed and checked. A page that shows files of a new component is tried in a copy of the program.
"""

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from omegaconf import OmegaConf

import trainers.modes.train
from main import DONE, main
from tests.conftest import PYTHON, ROOT
from tests.docs.commands import HISTORY, Example, examples, pages
from tests.docs.workplace import fill
from trainers.offline.make import CODE
from utils.configuration.check import check
from utils.configuration.command_line import quote_paths

TRAINING = ("trainer.epochs=1", "trainer.steps_per_epoch=2", "trainer.warmup_steps=1", "trainer.resume=never")
SHAPES = "data.shapes=[[2,64,128],[1,96,160]]"
SMALL = {  # arguments by task and mode; an empty mode is a training
    "eraser": {
        "": [
            *TRAINING,
            SHAPES,
            "data.validation_samples=2",
            "data.test_samples=2",
            "reading_samples=0",
        ],
        "evaluate": [SHAPES, "data.test_samples=2", "reading_samples=0"],
        "generate": ["count=2", "splits=[test]"],
    },
    "lines": {
        "": [*TRAINING, "validation_samples=4", "test_samples=4", "trainer.lines.batch_px=2000"],
        "evaluate": ["test_samples=4"],
        "promote": ["test_samples=4"],
        "tune": ["validation_samples=4"],
    },
    "hangul": {
        "": [*TRAINING, "validation_samples=4", "test_samples=4", "trainer.hangul.batch_size=4"],
        "evaluate": ["test_samples=4"],
    },
    "": {"generate": ["count=2", "splits=[test]", "processes=1"]},
}
SMALL["words"] = SMALL["lines"]
PLACEHOLDERS = {"BUNDLE": "experiments/pretrained/lines", "DIR": "my_lines", "my_files": "my_lines"}
BY_TASK = {"hangul": "hangul", "words": "words", "joint": "lines", "self_training": "lines_synthetic"}


def run(example: Example) -> None:
    """Runs or composes a command; raises AssertionError with what it said."""
    arguments = [filled_in(argument) for argument in example.arguments]
    if example.how == "compose":
        composed(arguments, checked=HISTORY not in (ROOT / example.page).parents)
        return
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = main(arguments + smaller(arguments))
    assert code == DONE, f"exit code {code}\n{said.getvalue()[-2000:]}"


def filled_in(argument: str) -> str:
    """An argument with a name in place of a placeholder."""
    for placeholder, name in PLACEHOLDERS.items():
        argument = re.sub(rf"(?<![\w/.]){placeholder}\b", name, argument)
    return argument


def smaller(arguments: list[str]) -> list[str]:
    """What makes a command small; nothing that it says itself is overridden, but for counts."""
    stated = dict(argument.split("=", 1) for argument in arguments if "=" in argument)
    if "--cfg" in arguments or "--help" in arguments:
        return []
    task = stated.get("task", "lines" if stated.get("experiment", "").startswith("lines") else "")
    more = SMALL.get(task, {}).get(stated.get("mode", ""), [])
    tracked = any(key.startswith("tracking") for key in stated)
    if "trainer.minutes" in stated:
        more = [*more, "trainer.minutes=0.1"]
    return [*more, *([] if tracked else ["tracking=none"])]


def composed(arguments: list[str], *, checked: bool) -> None:
    """Composes a command, of a sweep its first job; checks values where ``checked``, else keys alone."""
    single = [first_of(argument) for argument in arguments if not argument.startswith("--")]
    with initialize_config_dir(str(ROOT / "configs"), version_base="1.3"):
        cfg = compose("config", overrides=quote_paths(single))
    if checked:
        OmegaConf.resolve(cfg)
        check(cfg)


def first_of(argument: str) -> str:
    """The first value of a sweep's ``key=a,b``."""
    key, equals, value = argument.partition("=")
    if not equals:  # ~data.mixture.strokes
        return argument
    if interval := re.search(r"interval\(([^,]+),", value):  # of a search
        return f"{key}={interval[1]}"
    depth, parts = 0, [""]
    for character in value:
        depth += (character in "[{(") - (character in "]})")
        parts = [*parts, ""] if character == "," and not depth else [*parts[:-1], parts[-1] + character]
    return f"{key}={parts[0]}"


def run_python(example: Example) -> None:
    """Runs an example in Python."""
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(example.text, example.where, "exec"), {"__name__": "example"})


def run_in_copy(shown: list[Example], place: Path) -> None:
    """Writes the files of a page into a copy of the program, and runs its commands there."""
    copy = place / "program"
    for name in (*CODE, "package.json"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, copy / name)
    (copy / "experiments").mkdir()
    (copy / "experiments/pretrained").symlink_to(ROOT / "experiments/pretrained")
    (copy / "node_modules").symlink_to(ROOT / "node_modules")
    for example in shown:
        if example.title:
            (copy / example.title).write_text(example.text, "utf-8")
    for example in shown:
        if not example.title:
            program = [copy / "main.py", *example.arguments, *smaller(example.arguments)] if example.language == "bash" else []
            environment = {**os.environ, "PYTHONPATH": str(copy)}
            done = subprocess.run(
                [PYTHON, *(program or ["-P", "-c", example.text])], cwd=place, env=environment, capture_output=True, text=True
            )
            assert done.returncode == DONE, f"{example.where}: exit code {done.returncode}\n{done.stderr[-2000:]}"


def check_page(page: Path, place: Path) -> list[str]:
    """Runs all that a page shows; returns what went wrong."""
    shown, faults = [example for example in examples(page) if example.how != "skip"], []
    if any(example.title for example in shown):
        try:
            run_in_copy(shown, place)
        except AssertionError as error:
            faults.append(str(error))
            print(error)
        return faults
    for example in shown:
        start = time.monotonic()
        try:
            if example.language == "python":
                run_python(example)
            else:
                run(example)
        except Exception as error:  # whatever it is, it is told, and the others go on
            faults.append(f"{example.where}: {example.text.strip()}\n    {error}")
            print(faults[-1])
        GlobalHydra.instance().clear()
        print(f"{example.where} {example.how} {time.monotonic() - start:.1f} s", flush=True)
    return faults


def prepare_runs() -> None:
    """Two evaluations, for `mode=compare`."""
    for name in "AB":
        with contextlib.redirect_stdout(io.StringIO()):
            assert main(["mode=evaluate", "task=lines", "data.root=my_lines", "test_samples=4", "tracking=none"]) == DONE
        newest = max(Path("experiments/runs/lines").iterdir(), key=lambda folder: folder.stat().st_mtime)
        shutil.move(newest, f"experiments/runs/lines/{name}")


def check_all(wanted: list[Path]) -> int:
    """Runs all pages in a folder that goes away; returns how many examples failed."""
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        fill(place)
        os.chdir(place)
        trainers.modes.train.can_export = lambda: False  # exporting takes longer than these trainings
        prepare_runs()
        for page in wanted:
            before = set(place.iterdir())
            faults += check_page(page, place)
            for path in set(place.iterdir()) - before:  # what one page writes is not in the way of another
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        os.chdir(ROOT)
    print("\n".join(faults) or "docs-check: all commands and examples do what is said of them")
    return len(faults)


if __name__ == "__main__":
    sys.exit(min(check_all([ROOT / name for name in sys.argv[1:]] or pages()), 1))
