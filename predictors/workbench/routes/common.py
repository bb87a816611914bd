"""What all addresses of the workbench share: who may change something, and how mistakes are answered."""

from typing import Annotated, Any

from fastapi import FastAPI, Header
from fastapi.responses import JSONResponse
from sqlalchemy.exc import NoResultFound
from starlette.exceptions import HTTPException

from base.errors import UserError
from predictors.workbench.store.lines import Mistaken, Outdated
from utils.files.images import UnreadableImage

PREFIX = "/api/workbench"
LARGEST_ID = 2**31 - 1
LONGEST_TEXT = 4000  # characters of a line
ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"description": "What is asked for makes no sense"},
    401: {"description": "The token is missing or wrong"},
    403: {"description": "The request does not come from this server's own page"},
    404: {"description": "There is no such collection, page, line or job"},
    409: {"description": "Somebody else has changed the line meanwhile"},
    413: {"description": "The upload is too large"},
    422: {"description": "The picture cannot be read"},
    500: {"description": "Something is wrong with the server"},
}


def from_our_page(x_palimpsest: Annotated[str, Header(description="anything: other web pages cannot send it")] = "") -> None:
    """Refuses what another web page may have made a browser send: only a page of this server can set a header of its own."""
    if not x_palimpsest:
        raise HTTPException(403, "the header X-Palimpsest is missing")


def answer_mistakes(app: FastAPI) -> None:
    """Turns what the store says into responses of one line."""

    @app.exception_handler(Mistaken)
    @app.exception_handler(UserError)
    async def mistaken(request: Any, error: Exception) -> JSONResponse:
        return JSONResponse({"error": str(error)}, 400)

    @app.exception_handler(Outdated)
    async def outdated(request: Any, error: Outdated) -> JSONResponse:
        return JSONResponse({"error": str(error), "lines": error.lines}, 409)

    @app.exception_handler(NoResultFound)
    async def missing(request: Any, error: NoResultFound) -> JSONResponse:
        return JSONResponse({"error": "there is no such thing any more"}, 404)

    @app.exception_handler(UnreadableImage)
    async def unreadable(request: Any, error: UnreadableImage) -> JSONResponse:
        return JSONResponse({"error": str(error)}, 422)
