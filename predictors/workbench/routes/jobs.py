"""What takes long: watched, stopped, and made use of."""

from typing import Any

from fastapi import APIRouter, Depends

from predictors.workbench.bench import Workbench
from predictors.workbench.routes.collections import Id, chosen_pages, job_values
from predictors.workbench.routes.common import ERRORS, PREFIX, from_our_page
from predictors.workbench.store.tables import Job
from predictors.workbench.work.clerk import cancel
from predictors.workbench.work.learning import adopt


def jobs_router(bench: Workbench) -> APIRouter:
    """The routes about jobs."""
    router = APIRouter(prefix=f"{PREFIX}/jobs/{{job_id}}", tags=["jobs"], responses=ERRORS)
    changing = [Depends(from_our_page)]

    @router.get("", summary="How far it is")
    def seen(job_id: Id) -> dict[str, Any]:
        with bench.archive.reading() as session:
            return job_values(session.get_one(Job, job_id))

    @router.delete("", summary="Stops it; what it has done stays", dependencies=changing)
    def stop(job_id: Id) -> dict[str, Any]:
        with bench.archive.reading() as session:
            kind = session.get_one(Job, job_id).kind
        if kind == "learn":
            bench.learning.stop(job_id)
        else:
            cancel(bench.archive, job_id)
        return seen(job_id)

    @router.post(
        "/adopt", summary="Makes the reader that learned the collection's own, and reads the rest anew", dependencies=changing
    )
    def take_over(job_id: Id) -> dict[str, Any]:
        collection = adopt(bench.archive, job_id)
        with bench.archive.reading() as session:
            pages = chosen_pages(session, collection.id, None)
        return {"reader": collection.reader, "job": job_values(bench.ask_to_read(collection.id, pages))}

    return router
