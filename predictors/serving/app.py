"""The routes of the web page and the JSON API."""

import asyncio
import hmac
import time
import traceback
from concurrent.futures import Future
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, File, HTTPException, Query, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from predictors.serving.counters import Counters
from predictors.serving.queue import Full
from predictors.serving.services import Request, Service
from predictors.serving.uploads import Refused, pages_in

WEB = Path(__file__).parent / "web"
CONTENT_POLICY = "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
MIB = 2**20
GUARDED = ("/api/", "/metrics")
SUMMARIES = {
    "eraser": "Erase rules, boxes and stains from a picture",
    "lines": "Read a picture of one line of handwriting",
    "pages": "Read whole pages: a picture, a TIFF or a PDF of several",
    "hangul": "Read a picture of one Hangul syllable",
}
ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"description": "The request has no file, or an empty one"},
    401: {"description": "The token is missing or wrong"},
    413: {"description": "The upload or the picture is too large, or has too many pages"},
    422: {"description": "The file is not an image that can be read"},
    500: {"description": "Something is wrong with the server"},
    503: {"description": "Too many requests are waiting; try again later"},
    504: {"description": "The request waited too long"},
}


def make_app(services: dict[str, Service], limits: Any, token: str | None) -> FastAPI:
    """The application.

    Args:
        services: by task.
        limits: see ``configs/mode/serve.yaml``.
        token: what clients must send; None lets everyone in.
    """
    app = FastAPI(title="Palimpsest", version="1", docs_url=None, redoc_url=None)
    counters = Counters()

    @app.get("/healthz", summary="Whether the server answers, and for what")
    def health() -> dict[str, Any]:
        return {"status": "ok", "tasks": list(services)}

    @app.get(
        "/metrics",
        summary="Counters in the format of Prometheus",
        response_class=PlainTextResponse,
        responses={401: ERRORS[401]},
    )
    def metrics() -> PlainTextResponse:
        return PlainTextResponse(counters.text({task: len(service.queue) for task, service in services.items()}))

    for task, service in services.items():
        route = app.post(f"/api/{task}", summary=SUMMARIES[task], responses=ERRORS, name=task, operation_id=task)
        route(answering(service, limits, counters))

    @app.get("/", include_in_schema=False)
    def page() -> FileResponse:
        return FileResponse(WEB / "index.html")

    @app.exception_handler(RequestValidationError)
    def unusable(request: Any, error: RequestValidationError) -> JSONResponse:
        return JSONResponse({"error": "send a picture as the form field `image` (multipart/form-data)"}, 400)

    @app.exception_handler(HTTPException)
    def refused(request: Any, error: HTTPException) -> JSONResponse:
        return JSONResponse({"error": error.detail}, error.status_code)

    app.mount("/web", StaticFiles(directory=WEB), name="web")
    app.add_middleware(Guard, most_bytes=limits.upload_mib * MIB, token=token)
    return app


def answering(service: Service, limits: Any, counters: Counters) -> Any:
    """The route of one task."""

    async def answer(
        image: Annotated[UploadFile, File(description="an image, a TIFF of several pages, or a PDF")],
        shown: Annotated[bool, Query(description="also send the picture back as browsers can show it")] = False,
        explain: Annotated[bool, Query(description="hangul: also draw where each jamo was seen")] = False,
    ) -> JSONResponse:
        """Decodes an upload, waits for its answers, counts how that ended."""
        begun = time.perf_counter()
        status = 500
        body: dict[str, Any] = {"error": "the server could not answer; its log says why"}
        try:
            content = await image.read()
            wanted = limits.pages if service.task == "pages" else 1
            pages = await run_in_threadpool(pages_in, content, wanted, limits.pages, limits.megapixels)
            options = {"shown": shown, "explain": explain}
            requests = [
                Request(page, f"page_{number}.png", options, await run_in_threadpool(service.prepare, page))
                for number, page in enumerate(pages, start=1)
            ]
            answers = await asyncio.wait_for(_ask(service, requests), limits.seconds)
            status, body = 200, {"pages": answers} if service.task == "pages" else answers[0]
        except Refused as refusal:
            status, body = refusal.status, {"error": str(refusal)}
        except Full:
            status, body = 503, {"error": "too many requests are waiting; try again later"}
        except TimeoutError:
            status, body = 504, {"error": f"not answered within {limits.seconds} s"}
        except Exception:
            traceback.print_exc()
        finally:
            counters.count(service.task, status, time.perf_counter() - begun)
        return JSONResponse(body, status, {"Retry-After": "2"} if status == 503 else None)

    return answer


async def _ask(service: Service, requests: list[Request]) -> list[Any]:
    """The answers for the pages of one upload; those that are not begun are dropped where one is refused or time runs out."""
    futures: list[Future] = []
    try:
        for request in requests:
            futures.append(service.queue.submit(request))  # noqa: PERF401  # those before a full queue are to be cancelled
        return [await asyncio.wrap_future(future) for future in futures]
    finally:
        for future in futures:
            future.cancel()


class Guard:
    """Asks for the token before anything is taken in, refuses bodies that are too large, adds headers that keep browsers safe.

    Args:
        app: what is guarded.
        most_bytes: of a request's body.
        token: what clients of the API must send; None lets everyone in.
    """

    def __init__(self, app: ASGIApp, most_bytes: int, token: str | None) -> None:
        self.app, self.most_bytes, self.token = app, most_bytes, token

    def _allows(self, scope: Scope) -> bool:
        if self.token is None or not scope["path"].startswith(GUARDED):
            return True
        sent = dict(scope["headers"]).get(b"authorization", b"").removeprefix(b"Bearer ")
        return hmac.compare_digest(sent, self.token.encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        seen = 0

        async def guarded_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *((k.lower().encode(), v.encode()) for k, v in HEADERS.items())]
            await send(message)

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            return {"type": "http.disconnect"} if seen > self.most_bytes else message  # the rest is not taken in

        async def unless_too_large(message: Message) -> None:
            if seen <= self.most_bytes:  # what the application says of a body that was cut off does not count
                await guarded_send(message)

        too_large = JSONResponse({"error": f"the upload is larger than {self.most_bytes // MIB} MiB"}, 413)
        if not self._allows(scope):
            refusal = JSONResponse({"error": "the token is missing or wrong"}, 401, {"WWW-Authenticate": "Bearer"})
            await refusal(scope, receive, guarded_send)
            return
        stated = dict(scope["headers"]).get(b"content-length", b"0")
        if stated.isdigit() and int(stated) > self.most_bytes:
            await too_large(scope, receive, guarded_send)
            return
        try:
            await self.app(scope, counted, unless_too_large)
        except ClientDisconnect:
            if seen <= self.most_bytes:
                raise
        if seen > self.most_bytes:
            await too_large(scope, receive, guarded_send)
