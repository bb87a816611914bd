"""Lets a reader learn from the lines of a collection that people have corrected: mode=learn, in a process of its own."""

import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

from omegaconf import DictConfig
from sqlalchemy import select

from base.bundle import bundle_folder
from base.errors import UserError
from base.registry import ROOT
from predictors.workbench.documents.outgoing import HELD, TRAIN, Export
from predictors.workbench.store.archive import Archive
from predictors.workbench.store.tables import CANCELLED, FAILED, FINISHED, RUNNING, WAITING, Collection, Job, Page, Reader, now
from predictors.workbench.work.clerk import end, note
from predictors.workbench.work.reading import Readers
from utils.files.tables import read_table
from utils.files.whole import read_json
from utils.language.shipped import NO_LANGUAGE
from utils.runs.folder import is_held

LEARNING, LINES, OUTPUT, LOG = "learning", "lines", "result", "log.txt"
RESULT, STEPS, COMPARISON, PROCESS = "result.json", "steps.json", "comparison.tsv", "process.txt"  # of mode=learn
FEWEST_LINES = 5
MOST_STARTS = 3  # of one learning: what ends so often ends always
SHOWN = 10  # lines that changed most, for the better and for the worse
MIXED = "mixed"  # the language model of all languages: synthetic lines are then of all languages too


class Learning:
    """Starts learnings one after the other, watches them, and keeps what comes of them.

    They go on without the server: one that starts again finds them by the lock that they hold.

    Args:
        archive: the store.
        readers: knows the bundles that are begun with.
        settings: ``cfg.learning`` of mode=serve.
    """

    def __init__(self, archive: Archive, readers: Readers, settings: DictConfig) -> None:
        self.archive, self.readers, self.settings = archive, readers, settings
        self._begun: dict[int, subprocess.Popen] = {}

    def ask(self, collection_id: int, minutes: float) -> Job:
        """Writes down that a reader shall learn; raises UserError where there is too little to learn from."""
        with self.archive.reading() as session:
            collection = session.get_one(Collection, collection_id)
            page_ids = list(session.scalars(select(Page.id).where(Page.collection_id == collection_id).order_by(Page.place)))
        name = uuid.uuid4().hex
        folder = self.archive.folder / LEARNING / name
        counts = Export(self.archive, page_ids).write_training(folder / LINES)
        if sum(counts.values()) < FEWEST_LINES or not counts[HELD]:
            shutil.rmtree(folder)
            raise UserError(f"{sum(counts.values())} lines are done: {FEWEST_LINES} at least are needed to learn from")
        options = {"minutes": minutes, "reader": collection.reader, "language": collection.language, "folder": name}
        options |= {"lines": counts[TRAIN], "held_out": counts[HELD]}
        with self.archive.writing() as session:
            job = Job(collection_id=collection_id, kind="learn", options=options, total=round(60 * minutes))
            session.add(job)
        return job

    def folder(self, job: Job) -> Path:
        """Where a learning has its lines, its results and its log."""
        return (self.archive.folder / LEARNING / job.options["folder"]).absolute()

    def step(self) -> bool:
        """Looks after the oldest learning that is not over; False, since there is never more to do at once."""
        with self.archive.reading() as session:
            waiting = select(Job).where(Job.kind == "learn", Job.state.in_((WAITING, RUNNING))).order_by(Job.id).limit(1)
            job = session.scalars(waiting).first()
        for job_id, process in [*self._begun.items()]:
            if process.poll() is not None and (job is None or job_id != job.id):
                del self._begun[job_id]
        if job is not None:
            self._look_after(job)
        return False

    def _look_after(self, job: Job) -> None:
        if self._is_alive(job):
            begun = job.process.get("begun", time.time())
            done = min(job.total, round(time.time() - begun))
            note(self.archive, job.id, done=done, message=phase(self.folder(job) / OUTPUT))
        elif (self.folder(job) / OUTPUT / RESULT).is_file():
            self._keep(job)
        elif job.process.get("starts", 0) < MOST_STARTS and not self._was_refused(job):
            self._start(job)
        else:
            end(self.archive, job.id, FAILED, last_line(self.folder(job) / LOG))

    def _was_refused(self, job: Job) -> bool:
        """Whether the process that was begun here has ended by a mistake that it would make again."""
        process = self._begun.get(job.id)
        return process is not None and process.poll() == 2

    def _is_alive(self, job: Job) -> bool:
        process = self._begun.get(job.id)
        if process is not None and process.poll() is None:
            return True
        return is_held(self.folder(job) / OUTPUT)

    def command(self, job: Job) -> list[str]:
        """What is run, as a person would type it."""
        folder, language = self.folder(job), job.options["language"]
        spoken = [] if language in (None, NO_LANGUAGE, MIXED) else [f"data.mixture.synthetic.languages=[{language}]"]
        bundle = self.readers.bundle(job.options["reader"])
        return [
            *(sys.executable, str(ROOT / "main.py"), "mode=learn", f"experiment={self.settings.experiment}"),
            *(f"data.mixture.mine.root={folder / LINES}", f"trainer.init={bundle_path(bundle)}"),
            *(f"trainer.minutes={job.options['minutes']:g}", f"output={folder / OUTPUT}", *spoken, *self.settings.overrides),
        ]

    def _start(self, job: Job) -> None:
        folder = self.folder(job)
        with (folder / LOG).open("ab") as log:
            process = subprocess.Popen(
                self.command(job), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        self._begun[job.id] = process
        about = {"begun": time.time(), "starts": job.process.get("starts", 0) + 1}
        if not note(self.archive, job.id, state=RUNNING, process=about):  # somebody has stopped it meanwhile
            terminate(process.pid)

    def _keep(self, job: Job) -> None:
        """Makes what was learned a reader that can be chosen."""
        output = self.folder(job) / OUTPUT
        result: dict[str, Any] = read_json(output / RESULT)
        result |= changes(output / COMPARISON)
        with self.archive.writing() as session:
            kept = session.get_one(Job, job.id)
            if kept.state not in (WAITING, RUNNING):
                return
            reader = Reader(name=f"{session.get_one(Collection, job.collection_id).name} {job.id}", job_id=job.id)
            reader.bundle = result["learned"]
            session.add(reader)
            kept.result, kept.done, kept.state, kept.ended = {**result, "reader": reader.name}, job.total, FINISHED, now()

    def stop(self, job_id: int) -> None:
        """Ends a learning before it is done."""
        end(self.archive, job_id, CANCELLED)
        with self.archive.reading() as session:
            job = session.get(Job, job_id)
        if job is None or not self._is_alive(job):
            return
        own, written = self._begun.get(job_id), self.folder(job) / OUTPUT / PROCESS
        if own is not None and own.poll() is None:
            terminate(own.pid)
        elif written.is_file():  # who holds the lock has written it
            terminate(int(written.read_text(encoding="ascii")))


def bundle_path(bundle: str) -> str:
    """A bundle as ``trainer.init`` names it."""
    return str(bundle_folder(bundle, "lines").absolute())


def terminate(number: int) -> None:
    """Ends a process and what it has begun."""
    try:
        if hasattr(os, "killpg"):
            os.killpg(number, signal.SIGTERM)
        else:
            os.kill(number, signal.SIGTERM)
    except OSError:  # it has ended meanwhile
        return


def phase(output: Path) -> str:
    """What a learning is at: measuring, learning, or measuring again."""
    steps = read_json(output / STEPS) if (output / STEPS).is_file() else {}
    return "measure" if "before" not in steps else "learn" if "learned" not in steps else "measure_again"


def last_line(log: Path) -> str:
    """The last line of a log, which says why it ended."""
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n") if log.is_file() else []
    said = [line.strip() for line in lines if line.strip()]
    return said[-1].removeprefix("error: ") if said else "it ended and said nothing"


def changes(comparison: Path) -> dict[str, Any]:
    """The lines that changed most, for the better and for the worse, and how many of all did."""
    rows = [row for _, row in read_table(comparison, ("change", "group", "truth", "first", "second"))]
    lines = [(int(row["change"]), changed_line(row)) for row in sorted(rows, key=lambda row: int(row["change"]))]
    better, worse = [line for change, line in lines if change < 0], [line for change, line in reversed(lines) if change > 0]
    counts = {"better": len(better), "worse": len(worse), "measured": len(lines)}
    return {"improved": better[:SHOWN], "worsened": worse[:SHOWN], "counts": counts}


def changed_line(row: dict[str, str]) -> dict[str, Any]:
    """A line of a comparison as JSON."""
    page = int(row["group"].split("_")[1])
    return {"page": page, "change": int(row["change"]), "truth": row["truth"], "before": row["first"], "after": row["second"]}


def adopt(archive: Archive, job_id: int) -> Collection:
    """Makes the reader of a learning its collection's own; raises UserError where nothing came of it."""
    with archive.writing() as session:
        job = session.get_one(Job, job_id)
        if job.kind != "learn" or job.state != FINISHED:
            raise UserError("that learning is not finished")
        collection = session.get_one(Collection, job.collection_id)
        collection.reader = job.result["reader"]
        return collection
