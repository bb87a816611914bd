"""The routes of the web page and the JSON API."""

import asyncio
import hmac
import threading
import time
import traceback
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from fastapi import FastAPI, File, Query, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from predictors.serving.counters import Counters
from predictors.serving.parameters import asked_in, described
from predictors.serving.queue import Full
from predictors.serving.services import Request, Service
from predictors.serving.uploads import PixelBudget, Refused, Upload, measured, own_name, pages_in
from predictors.workbench.bench import Workbench
from predictors.workbench.routes.adding import add_workbench

WEB = Path(__file__).parent / "web"
CONTENT_POLICY = "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
MIB = 2**20
GUARDED = ("/api/", "/metrics")
DECODED_AT_ONCE = 2
IMPORTS = "/files"  # the end of the path by which files come into a collection
ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"description": "The request has no file, or an empty one"},
    401: {"description": "The token is missing or wrong"},
    403: {"description": "The request comes from another web page, or by another name of the server"},
    413: {"description": "The upload or the picture is too large, or has too many pages"},
    422: {"description": "The file is not an image that can be read"},
    500: {"description": "Something is wrong with the server"},
    503: {"description": "Too many requests are waiting; try again later"},
    504: {"description": "The request waited too long"},
}


def make_app(
    services: dict[str, Service],
    limits: Any,
    token: str | None,
    hosts: Collection[str] | None = None,
    bench: Workbench | None = None,
) -> FastAPI:
    """The application.

    Args:
        services: by task.
        limits: see ``configs/mode/serve.yaml``.
        token: what clients must send; None lets everyone in.
        hosts: the names by which clients may call this server; None for any.
        bench: the workbench, which has the first page then; None for none.
    """
    app = FastAPI(title="Palimpsest", version="1", docs_url=None, redoc_url=None)
    counters = Counters({task: service.queue.__len__ for task, service in services.items()})
    desk = Desk(limits, counters)

    def readable(path: str, **about: Any) -> Callable[..., Any]:
        return app.api_route(path, methods=["GET", "HEAD"], **about)

    @readable("/healthz", summary="Whether the server answers, and for what")
    async def health() -> dict[str, Any]:
        return {"status": "ok", "tasks": list(services)}

    @readable("/tasks", summary="What each task is for, and what may be asked of it")
    async def tasks() -> list[dict[str, Any]]:
        return [service.about() for service in services.values()]

    @readable(
        "/metrics",
        summary="Counters in the format of Prometheus",
        response_class=PlainTextResponse,
        responses={401: ERRORS[401]},
    )
    async def metrics() -> PlainTextResponse:
        return PlainTextResponse(counters.text())

    for task, service in services.items():
        route = app.post(
            f"/api/{task}",
            summary=service.about()["purpose"],
            responses=ERRORS,
            name=task,
            operation_id=task,
            openapi_extra={"parameters": described(service.parameters)},
        )
        route(desk.route(service))

    @readable("/quick", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(WEB / "index.html")

    if bench is None:
        readable("/", include_in_schema=False)(page)
    else:
        add_workbench(app, bench)

    @app.exception_handler(RequestValidationError)
    async def unusable(request: Any, error: RequestValidationError) -> JSONResponse:
        problem, *_ = error.errors()
        *_, name = problem["loc"]
        if name == "image":
            return JSONResponse({"error": "send a picture as the form field `image` (multipart/form-data)"}, 400)
        return JSONResponse({"error": f"{name}: {problem['msg']}"}, 400)

    @app.exception_handler(HTTPException)
    async def refused(request: Any, error: HTTPException) -> JSONResponse:
        """Every error that has no route of its own too, such as 404 and 405."""
        return JSONResponse({"error": f"{error.detail}: {request.method} {request.url.path}"}, error.status_code, error.headers)

    app.mount("/web", StaticFiles(directory=WEB), name="web")
    most = {IMPORTS: limits.import_mib * MIB} if bench else {}
    app.add_middleware(Guard, most_bytes=limits.upload_mib * MIB, most_by_end=most, token=token, hosts=hosts)
    return app


@dataclass(frozen=True)
class Asked:
    """What a request asks for besides an answer: its query, whether the picture is sent back, and whether it is explained."""

    query: list[tuple[str, str]]
    shown: bool
    explain: bool


class Desk:
    """Takes uploads in, has them answered, and counts how that ended.

    Decoding has threads of its own, so that what needs none, such as ``/healthz``, never waits for it.

    Args:
        limits: see ``configs/mode/serve.yaml``.
        counters: of the server.
    """

    def __init__(self, limits: Any, counters: Counters) -> None:
        self.limits, self.counters = limits, counters
        self.budget = PixelBudget(limits.waiting_megapixels)
        self.decoders = ThreadPoolExecutor(DECODED_AT_ONCE, thread_name_prefix="decode")

    def route(self, service: Service) -> Any:
        """The route of one task."""

        async def answer(
            request: HttpRequest,
            image: Annotated[list[UploadFile], File(description="one image, a TIFF of several pages, or a PDF")],
            shown: Annotated[bool, Query(description="also send the picture back as browsers can show it")] = False,
            explain: Annotated[bool, Query(description="where the task can: also draw what explains the answer")] = False,
        ) -> JSONResponse:
            begun = time.perf_counter()
            asked = Asked([*request.query_params.multi_items()], shown, explain)
            status, body = await self.answer(service, image, asked)
            self.counters.count(service.task, status, time.perf_counter() - begun)
            return JSONResponse(body, status, {"Retry-After": "2"} if status == 503 else None)

        return answer

    async def answer(self, service: Service, images: list[UploadFile], asked: Asked) -> tuple[int, Any]:
        """The status and the body of the response for an upload."""
        given_up = threading.Event()
        try:
            async with asyncio.timeout(self.limits.seconds):
                return 200, await self._answer(service, images, asked, given_up)
        except Refused as refusal:
            return refusal.status, {"error": str(refusal)}
        except Full:
            return 503, {"error": "too many requests are waiting; try again later"}
        except TimeoutError:
            return 504, {"error": f"not answered within {self.limits.seconds} s"}
        except Exception:
            traceback.print_exc()
            return 500, {"error": "the server could not answer; its log says why"}
        finally:
            given_up.set()

    async def _answer(self, service: Service, images: list[UploadFile], asked: Asked, given_up: threading.Event) -> Any:
        options = asked_in(asked.query, service.parameters)
        if len(images) != 1:
            raise Refused(400, f"there are {len(images)} pictures: send one a request")
        upload = Upload(await images[0].read(), own_name(images[0].filename))
        every_page = service.predictor.answers_with_files
        wanted = self.limits.pages if every_page else 1
        pixels = await self._decode(measured, upload.content, wanted, self.limits.pages, self.limits.megapixels)
        with self.budget.holding(pixels):
            pages = await self._decode(pages_in, upload.content, wanted, given_up)
            named = [replace(page, name=upload.name) for page in pages]
            requests = [
                Request(page, await self._decode(service.prepare, page, options), asked.shown, asked.explain, options)
                for page in named
            ]
            answered = await _ask(service, requests)
        return {"pages": answered} if every_page else answered[0]

    async def _decode(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self.decoders, function, *arguments)


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


def parsed(address: str) -> SplitResult:
    """The parts of an address; none for what is no address."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


class Guard:
    """Asks for the token before anything is taken in, refuses bodies that are too large, adds headers that keep browsers safe.

    Another web page can make a browser send requests here, by this server's address or by a name that it makes point to it
    (DNS rebinding): what comes by an unknown name, or from another origin, is refused.

    Args:
        app: what is guarded.
        most_bytes: of a request's body.
        most_by_end: the same for paths that end so.
        token: what clients of the API must send; None lets everyone in.
        hosts: the names by which clients may call this server, without port; None for any.
    """

    def __init__(
        self, app: ASGIApp, most_bytes: int, most_by_end: Mapping[str, int], token: str | None, hosts: Collection[str] | None
    ) -> None:
        self.app, self.token, self.hosts = app, token, hosts
        self.most_bytes, self.most_by_end = most_bytes, most_by_end

    def _most(self, path: str) -> int:
        """How many bytes a request to a path may have."""
        return next((most for end, most in self.most_by_end.items() if path.endswith(end)), self.most_bytes)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        """What is said to who may not ask; None for who may."""
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        host, origin = headers.get(b"host", ""), headers.get(b"origin")
        if self.hosts is not None and parsed(f"//{host}").hostname not in self.hosts:
            return JSONResponse({"error": f"this server is not called {host}; hosts= in its config names what it is called"}, 403)
        if scope["path"].startswith(GUARDED) and headers.get(b"sec-fetch-site") == "cross-site":
            return JSONResponse({"error": "what other web pages ask for is not answered"}, 403)
        if origin is not None and parsed(origin).netloc != host:
            return JSONResponse({"error": f"requests of other web pages ({origin}) are not answered"}, 403)
        if not self._allows(scope):
            return JSONResponse({"error": "the token is missing or wrong"}, 401, {"WWW-Authenticate": "Bearer"})
        return None

    def _allows(self, scope: Scope) -> bool:
        if self.token is None or not scope["path"].startswith(GUARDED):
            return True
        sent = dict(scope["headers"]).get(b"authorization", b"").removeprefix(b"Bearer ")
        return hmac.compare_digest(sent, self.token.encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        seen, most = 0, self._most(scope["path"])

        async def guarded_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *((k.lower().encode(), v.encode()) for k, v in HEADERS.items())]
            await send(message)

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            return {"type": "http.disconnect"} if seen > most else message  # the rest is not taken in

        async def unless_too_large(message: Message) -> None:
            if seen <= most:  # what the application says of a body that was cut off does not count
                await guarded_send(message)

        too_large = JSONResponse({"error": f"the upload is larger than {most // MIB} MiB"}, 413)
        if refusal := self._refusal(scope):
            await refusal(scope, receive, guarded_send)
            return
        stated = dict(scope["headers"]).get(b"content-length", b"0")
        if stated.isdigit() and int(stated) > most:
            await too_large(scope, receive, guarded_send)
            return
        try:
            await self.app(scope, counted, unless_too_large)
        except ClientDisconnect:
            if seen <= most:
                raise
        if seen > most:
            await too_large(scope, receive, guarded_send)
