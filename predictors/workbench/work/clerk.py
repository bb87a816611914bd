"""Works on what takes long, one thing after the other; a server that starts again goes on with it."""

import threading
import traceback
from collections.abc import Callable
from typing import Any

from sqlalchemy import select, update

from base.errors import UserError
from predictors.workbench.store.archive import Archive
from predictors.workbench.store.tables import CANCELLED, FAILED, FINISHED, RUNNING, WAITING, Job, Page, now
from predictors.workbench.work.reading import PageReading, Readers, wish_of
from utils.files.images import UnreadableImage

PAUSE_SECONDS = 0.5

Step = Callable[[], bool]  # does a little; whether there is more to do at once


class Repeated(threading.Thread):
    """Does a step again and again, with a pause where there is nothing to do; an error ends no more than the step."""

    def __init__(self, step: Step, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self._step, self._over, self._wake = step, threading.Event(), threading.Event()

    def run(self) -> None:
        """Goes on until it is closed."""
        while not self._over.is_set():
            try:
                more = self._step()
            except Exception:  # it is on the server's log, and the next step may go well
                traceback.print_exc()
                more = False
            if not more:
                self._wake.wait(PAUSE_SECONDS)
                self._wake.clear()

    def wake(self) -> None:
        """Says that there is something to do."""
        self._wake.set()

    def close(self) -> None:
        """Ends it after its step."""
        self._over.set()
        self._wake.set()
        self.join()


class Clerk:
    """Reads the pages that people have asked for, in the order in which they asked.

    Args:
        archive: the store.
        readers: what reads.
    """

    def __init__(self, archive: Archive, readers: Readers) -> None:
        self.archive, self.readers = archive, readers

    def step(self) -> bool:
        """Reads the next page of the oldest job; False where there is none."""
        with self.archive.reading() as session:
            waiting = select(Job).where(Job.kind == "read", Job.state.in_((WAITING, RUNNING))).order_by(Job.id).limit(1)
            job = session.scalars(waiting).first()
        if job is None:
            return False
        try:
            self._go_on(job)
        except UserError as error:
            end(self.archive, job.id, FAILED, str(error))
        except Exception as error:
            end(self.archive, job.id, FAILED, f"the server could not go on ({type(error).__name__}); its log says why")
            raise
        return True

    def _go_on(self, job: Job) -> None:
        page_ids: list[int] = job.options["pages"]
        if job.done >= len(page_ids):
            end(self.archive, job.id, FINISHED)
            return
        page_id = page_ids[job.done]
        note(self.archive, job.id, state=RUNNING)
        reading = PageReading(self.archive, self.readers.of(wish_of(job.options)), page_id)
        try:
            reading.read(find=job.options["find"])
        except UnreadableImage as error:
            self._mark(page_id, str(error))
        note(self.archive, job.id, done=job.done + 1)

    def _mark(self, page_id: int, what: str) -> None:
        """Says of a page that it cannot be read."""
        with self.archive.writing() as session:
            session.execute(update(Page).where(Page.id == page_id).values(note=what))


def note(archive: Archive, job_id: int, **values: Any) -> bool:
    """Writes down how far a job is; returns whether it was still to be done: nobody has cancelled it."""
    with archive.writing() as session:
        wanted = update(Job).where(Job.id == job_id, Job.state.in_((WAITING, RUNNING))).values(**values)
        return session.connection().execute(wanted).rowcount > 0


def end(archive: Archive, job_id: int, state: str, message: str = "", **values: Any) -> None:
    """Ends a job that nobody has cancelled."""
    note(archive, job_id, state=state, message=message, ended=now(), **values)


def cancel(archive: Archive, job_id: int) -> None:
    """Ends a job before it is done; what it has done stays."""
    end(archive, job_id, CANCELLED)
