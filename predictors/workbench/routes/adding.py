"""Adds the workbench to the server's application."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

from predictors.workbench.bench import Workbench
from predictors.workbench.routes.collections import collections_router
from predictors.workbench.routes.common import answer_mistakes
from predictors.workbench.routes.jobs import jobs_router
from predictors.workbench.routes.language import language_router
from predictors.workbench.routes.pages import pages_router

WEB = Path(__file__).parent.parent / "web"


def add_workbench(app: FastAPI, bench: Workbench) -> None:
    """Its page, and the addresses that this asks."""
    for router in (collections_router, pages_router, jobs_router, language_router):
        app.include_router(router(bench))
    answer_mistakes(app)

    @app.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(WEB / "index.html")

    app.mount("/bench", StaticFiles(directory=WEB), name="bench")
