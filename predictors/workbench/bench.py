"""The workbench as a whole: its store, its readers, and what works beside the requests."""

import shutil
import threading
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from omegaconf import DictConfig
from sqlalchemy import select

from predictors.pages import PagesPredictor
from predictors.workbench.documents.incoming import Import, Limits
from predictors.workbench.store.archive import Archive
from predictors.workbench.store.tables import RUNNING, WAITING, Collection, Job, Page
from predictors.workbench.work.clerk import Clerk, Repeated, cancel
from predictors.workbench.work.learning import Learning
from predictors.workbench.work.reading import Readers, Wish

MIB = 2**20


class Workbench:
    """What the routes work with.

    Args:
        cfg: of mode=serve: ``store``, ``learning`` and ``limits`` are used.
        pages: reads pages.

    Attributes:
        characters: that the server's own reader knows and keyboards do not have.
        reading: held while a page is read that somebody waits for: two at once would both be late.
        importing: held while a file is taken in, so that memory is that of one.

    Raises:
        UserError: the store cannot be used.
    """

    def __init__(self, cfg: DictConfig, pages: PagesPredictor) -> None:
        self.archive = Archive(*store_of(cfg.store))
        self.settings = cfg.learning
        self.limits = Limits(cfg.limits.import_mib * MIB, cfg.limits.megapixels, cfg.limits.import_pages)
        self.readers = Readers(self.archive, pages)
        self.learning = Learning(self.archive, self.readers, cfg.learning)
        self.characters = self.readers.rare_characters()
        self.reading, self.importing = threading.Lock(), threading.Lock()
        clerk = Clerk(self.archive, self.readers)
        self._at_work = [Repeated(clerk.step, "read"), Repeated(self.learning.step, "learn")]
        for worker in self._at_work:
            worker.start()

    def importer(self, collection_id: int) -> Import:
        """Takes files into a collection."""
        return Import(self.archive, collection_id, self.limits)

    def ask_to_read(self, collection_id: int, pages: Sequence[int], *, find: bool = False) -> Job:
        """Has pages read as their collection says, one after the other; raises UserError where that cannot be."""
        with self.archive.writing() as session:
            collection = session.get_one(Collection, collection_id)
            wish = Wish(collection.reader, collection.language, collection.erase)
            wish.check(session)
            options: dict[str, Any] = {**asdict(wish), "pages": list(pages), "find": find}
            unfinished = select(Job).where(
                Job.collection_id == collection_id, Job.state.in_((WAITING, RUNNING)), Job.kind == "read"
            )
            if asked := next((job for job in session.scalars(unfinished) if job.options == options), None):
                return asked
            job = Job(collection_id=collection_id, kind="read", options=options, total=len(pages))
            session.add(job)
        self.wake()
        return job

    def wake(self) -> None:
        """Says that there is something to do."""
        for worker in self._at_work:
            worker.wake()

    def stop_jobs(self, collection_id: int) -> None:
        """Ends what is read and learned for a collection."""
        with self.archive.reading() as session:
            jobs = session.scalars(select(Job).where(Job.collection_id == collection_id, Job.state.in_((WAITING, RUNNING)))).all()
        for job in jobs:
            if job.kind == "learn":
                self.learning.stop(job.id)
            else:
                cancel(self.archive, job.id)

    def remove_collection(self, collection_id: int) -> None:
        """Deletes a collection with its pages, and what was learned from; the readers that learned stay."""
        self.stop_jobs(collection_id)
        with self.archive.writing() as session:
            files = set(session.scalars(select(Page.file).where(Page.collection_id == collection_id)))
            learned = session.scalars(select(Job).where(Job.collection_id == collection_id, Job.kind == "learn")).all()
            session.delete(session.get_one(Collection, collection_id))
        for job in learned:
            shutil.rmtree(self.learning.folder(job), ignore_errors=True)
        self.forget(files)

    def forget(self, files: Iterable[str]) -> None:
        """Throws files away that no page shows any more."""
        for file in files:
            with self.archive.pictures.keeping, self.archive.reading() as session:
                if session.scalar(select(Page.id).where(Page.file == file).limit(1)) is None:
                    self.archive.pictures.remove(file)

    def close(self) -> None:
        """Ends it after the page that is being read; what is left is gone on with at the next start."""
        for worker in self._at_work:
            worker.close()
        self.archive.close()


def store_of(store: Any) -> tuple[Path, str | None]:
    """A store's folder and the address of its database, of ``store=FOLDER`` or of both keys."""
    if isinstance(store, str):
        return Path(store), None
    return Path(store.folder), store.url
