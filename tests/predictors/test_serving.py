"""The web page's server, in one process."""

import base64
import io
import threading
import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import cv2
import numpy as np
import pypdfium2
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from base.errors import UserError
from predictors import load
from predictors.serving.app import make_app
from predictors.serving.queue import BatchQueue, Full
from predictors.serving.services import Service, Variants, open_services
from predictors.serving.uploads import PixelBudget, Refused, own_name
from tests.conftest import config, draw_line
from utils.configuration.check import check

SECRET = "a token of some length"
LINES = SimpleNamespace(answers_with_files=False, explains=False, drawing_px=(720, 240), prepare=lambda picture: picture)


def served(*overrides):
    cfg = config("mode=serve", *overrides)
    check(cfg)
    return cfg


@pytest.fixture(scope="module")
def services():
    services = open_services(served())
    yield services
    for service in services.values():
        service.close()


@pytest.fixture(scope="module")
def client(services):
    return TestClient(make_app(services, served().limits, None))


def png(pixels, **options):
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, format=options.pop("format", "PNG"), **options)
    return content.getvalue()


def ask(client, task, content, **options):
    return client.post(f"/api/{task}?shown=true", files={"image": ("upload", content)}, **options)


def opened(text):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))))


def page_of(*texts):
    page = np.full((100 + 120 * len(texts), 900), 245, np.uint8)
    for number, text in enumerate(texts):
        line = draw_line(text, size=44)
        page[60 + 120 * number : 60 + 120 * number + line.shape[0], 80 : 80 + line.shape[1]] = line
    return page


def test_every_task_answers(client):
    assert client.get("/healthz").json() == {"status": "ok", "tasks": list(served().weights)}
    line = ask(client, "lines", png(draw_line("see a moon", 40))).json()
    assert line["text"] and line["words"] and (line["height"], line["width"]) == draw_line("see a moon", 40).shape
    syllable = ask(client, "hangul", png(np.full((64, 64), 255, np.uint8))).json()
    assert syllable["note"] == "blank" and syllable["text"] == ""
    cleaned = ask(client, "eraser", png(page_of("a line"))).json()
    assert opened(cleaned["cleaned_png"]).shape == opened(cleaned["mask_png"]).shape == page_of("a line").shape
    assert opened(cleaned["shown_jpeg"]).shape[:2] == page_of("a line").shape


def test_a_page_comes_with_its_files(client):
    (page,) = ask(client, "pages", png(page_of("all balls", "see a moon"))).json()["pages"]
    assert len(page["lines"]) == 2
    files = {name: base64.b64decode(content) for name, content in page["files"].items()}
    assert files["txt"].decode().split() == page["text"].split()
    assert files["pdf"].startswith(b"%PDF")
    for name in ("page", "alto"):
        ElementTree.fromstring(files[name])


def test_pages_of_a_tiff_are_answered_in_order(client):
    content = io.BytesIO()
    first, second = (Image.fromarray(page_of(text)) for text in ("one two three", "four five six"))
    first.save(content, format="TIFF", save_all=True, append_images=[second])
    pages = ask(client, "pages", content.getvalue()).json()["pages"]
    assert len(pages) == 2


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"", 400, "empty"),
        (b"this is no picture", 422, "not an image"),
        (png(np.zeros((50, 50), np.uint8))[:60], 422, "cannot be read"),
        (png(np.zeros((11000, 11000), np.uint8)), 413, "121 megapixels"),
        (b"%PDF-1.7 broken", 422, "the PDF cannot be read"),
        (bytes(41 * 2**20), 413, "larger than 40 MiB"),
    ],
)
@pytest.mark.parametrize("task", ["lines", "pages"])
def test_what_cannot_be_answered_is_said(client, task, content, status, words):
    answer = ask(client, task, content)
    assert answer.status_code == status
    assert words in answer.json()["error"]


def test_a_request_without_a_picture_is_told_what_to_send(client):
    answer = client.post("/api/lines", json={"image": "x"})
    assert answer.status_code == 400 and "form field" in answer.json()["error"]


def test_the_page_loads_nothing_from_elsewhere(client):
    page = client.get("/")
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    for path in ("/", "/web/app.js", "/web/style.css"):
        text = client.get(path).text
        assert "https://" not in text and "http://" not in text.replace("http://www.w3.org/", "")
    assert client.get("/web/../app.py").status_code == 404


def test_the_api_describes_itself(client):
    paths = client.get("/openapi.json").json()["paths"]
    assert {f"/api/{task}" for task in served().weights} <= set(paths)
    assert client.get("/docs").status_code == 404  # it would load scripts from elsewhere


def test_counters_count(client):
    before = client.get("/metrics").text
    ask(client, "lines", b"no picture")
    assert 'palimpsest_requests_total{status="422",task="lines"}' in client.get("/metrics").text
    assert client.get("/metrics").text != before


def test_a_token_is_asked_for(services):
    client = TestClient(make_app(services, served().limits, SECRET))
    picture = png(draw_line("bees hum"))
    assert ask(client, "lines", picture).status_code == 401
    assert ask(client, "lines", picture, headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert ask(client, "lines", picture, headers={"Authorization": f"Bearer {SECRET}"}).status_code == 200
    assert client.get("/metrics").status_code == 401
    assert client.get("/").status_code == client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["host=0.0.0.0"], ["auth.token"]),
        (["host=0.0.0.0", "auth.token=short"], ["16 characters"]),
        (["port=0"], ["port=0"]),
        (["weights.lines=/nowhere"], ["/nowhere", "null"]),
        (["+weights.wrds=pretrained"], ["unknown task", "words"]),
        (["limits.pages=0"], ["limits.pages=0"]),
        (["limits.waiting=5"], ["limits.waiting=5", "limits.pages=20"]),
        (["auth.token=123"], ["16 characters"]),
    ],
)
def test_mistakes_are_named(overrides, words):
    with pytest.raises(UserError) as caught:
        served(*overrides)
    for word in words:
        assert word in str(caught.value)


def test_a_body_without_a_length_is_measured_while_it_comes(client):
    head = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'

    def body():
        yield head
        for _ in range(42):
            yield bytes(2**20)
        yield b"\r\n--x--\r\n"

    answer = client.post("/api/lines", content=body(), headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert answer.status_code == 413 and "40 MiB" in answer.json()["error"]


def test_a_file_of_too_many_pages_is_refused(services):
    content = io.BytesIO()
    pages = [Image.new("L", (80, 80), 255) for _ in range(4)]
    pages[0].save(content, format="TIFF", save_all=True, append_images=pages[1:])
    answer = ask(TestClient(make_app(services, served("limits.pages=3").limits, None)), "pages", content.getvalue())
    assert answer.status_code == 413 and "more than the 3 pages" in answer.json()["error"]


def test_a_bug_is_counted_and_said():
    def broken(requests):
        raise RuntimeError("a bug")

    service = Service("lines", {"default": LINES}, BatchQueue(broken, waiting=20, at_once=1))
    client = TestClient(make_app({"lines": service}, served().limits, None))
    answer = ask(client, "lines", png(draw_line("bees hum")))
    assert answer.status_code == 500 and "log says why" in answer.json()["error"]
    assert 'palimpsest_requests_total{status="500",task="lines"} 1.0' in client.get("/metrics").text
    service.close()


def test_requests_that_wait_are_answered_together():
    seen, gate = [], threading.Event()

    def answer(values):
        gate.wait(5)
        seen.append(list(values))
        return [value * 2 for value in values]

    queue = BatchQueue(answer, waiting=8, at_once=4)
    futures = [queue.submit(number) for number in range(6)]
    gate.set()
    assert [future.result(5) for future in futures] == [0, 2, 4, 6, 8, 10]
    assert max(map(len, seen)) > 1 and max(map(len, seen)) <= 4
    queue.close()


def test_a_full_queue_turns_requests_away_and_errors_stay_with_their_own():
    gate = threading.Event()

    def answer(values):
        gate.wait(5)
        return [ValueError("no") if value == "bad" else value for value in values]

    queue = BatchQueue(answer, waiting=2, at_once=1)
    first = queue.submit("good")
    time.sleep(0.1)  # it is being answered
    second, dropped = queue.submit("bad"), queue.submit("late")
    with pytest.raises(Full):
        queue.submit("too many")
    assert dropped.cancel()
    gate.set()
    assert first.result(5) == "good"
    with pytest.raises(ValueError, match="no"):
        second.result(5)
    queue.close()


def test_an_answer_that_fails_does_not_end_the_server():
    def answer(values):
        if values == ["bad"]:
            raise RuntimeError("broken")
        return values

    queue = BatchQueue(answer, waiting=2, at_once=1)
    with pytest.raises(RuntimeError):
        queue.submit("bad").result(5)
    assert queue.submit("good").result(5) == "good"
    queue.close()


def test_health_is_told_while_every_decoder_is_busy(services, monkeypatch):
    held, begun = threading.Event(), threading.Semaphore(0)

    def slow(content, wanted, given_up):
        begun.release()
        held.wait(20)
        return []

    monkeypatch.setattr("predictors.serving.app.pages_in", slow)
    with TestClient(make_app(services, served().limits, None)) as client, ThreadPoolExecutor(50) as clients:
        waiting = [clients.submit(ask, client, "lines", png(draw_line("bees hum"))) for _ in range(50)]
        begun.acquire(timeout=10)
        try:
            assert client.get("/healthz", timeout=5).status_code == 200
        finally:
            held.set()
        assert all(future.result() is not None for future in waiting)


def test_pixels_are_counted_before_they_are_decoded(services):
    """64 pages of 100 megapixels would be 19 GB: what waits is limited by its pixels too."""
    budget = PixelBudget(10)
    with budget.holding(9_000_000), pytest.raises(Refused) as refused, budget.holding(2_000_000):
        pass
    assert refused.value.status == 503
    with budget.holding(10_000_000):
        pass
    limits = served("limits.megapixels=1", "limits.waiting_megapixels=1").limits
    client = TestClient(make_app(services, limits, None))
    for _ in range(3):  # what was answered is given back
        assert ask(client, "eraser", png(np.full((900, 900), 255, np.uint8))).status_code == 200


def test_a_pdf_counts_as_large_as_it_is_drawn(services):
    client = TestClient(make_app(services, served("limits.megapixels=5").limits, None))
    document = pypdfium2.PdfDocument.new()
    document.new_page(595, 842)
    content = io.BytesIO()
    document.save(content)
    answer = ask(client, "pages", content.getvalue())
    assert answer.status_code == 413 and "6 megapixels" in answer.json()["error"]


def test_decoding_counts_as_waiting(services, monkeypatch):
    monkeypatch.setattr("predictors.serving.app.pages_in", lambda content, wanted, given_up: given_up.wait(20) and [])
    answer = ask(TestClient(make_app(services, served("limits.seconds=1").limits, None)), "lines", png(draw_line("bees hum")))
    assert answer.status_code == 504


def test_other_web_pages_and_other_names_are_refused(services):
    """A page elsewhere may make a browser ask this server, by its address or by a name of its own that points here."""
    app = make_app(services, served().limits, None, {"localhost", "127.0.0.1", "::1"})
    for base in ("http://127.0.0.1:8000", "http://localhost", "http://[::1]:8000"):
        client = TestClient(app, base_url=base)
        assert client.get("/healthz").status_code == 200
        assert client.get("/healthz", headers={"Origin": base}).status_code == 200
        assert client.get("/healthz", headers={"Origin": "http://evil.example"}).status_code == 403
        assert client.get("/healthz", headers={"Origin": "null"}).status_code == 403
    rebound = TestClient(app, base_url="http://evil.example:8000").get("/healthz")
    assert rebound.status_code == 403 and "hosts=" in rebound.json()["error"]


def test_a_request_chooses_its_reader(reader_run):
    others = [f"weights.{task}=null" for task in ("eraser", "words", "pages", "hangul")]
    mine = [f"+readers.lines.mine.weights={reader_run[0] / 'bundle'}", "+readers.lines.mine.reject_below=0.9"]
    services = open_services(served(*others, *mine))
    client = TestClient(make_app(services, served().limits, None))
    assert client.get("/tasks").json()[0]["parameters"]["reader"] == ["default", "mine"]
    picture = {"image": ("line.png", png(draw_line("Quartz 42")))}
    own = load("lines", reader_run[0] / "bundle", reject_below=0.9).predict(draw_line("Quartz 42"))
    answer = client.post("/api/lines?reader=mine&decoder=greedy", files=picture).json()
    assert answer["text"] == own.text and answer["text"] != client.post("/api/lines", files=picture).json()["text"]
    assert client.post("/api/lines?reader=default", files=picture).status_code == 200
    refused = client.post("/api/lines?reader=other", files=picture)
    assert refused.status_code == 400 and "choose among default, mine" in refused.json()["error"]
    services["lines"].close()


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("+readers.lines.mine.weights=nowhere", r"readers.lines.mine.weights=nowhere: there is no bundle"),
        ("+readers.lines.default.language=en", "choose another name"),
        ("+readers.joint.mine.language=en", "name weights.joint too"),
    ],
)
def test_readers_that_cannot_be_served_are_refused(override, message):
    with pytest.raises(UserError, match=message):
        served(override)


def test_who_waits_too_long_is_told(monkeypatch):
    slow = Service("lines", {"default": LINES}, BatchQueue(lambda values: time.sleep(2) or values, waiting=2, at_once=1))
    limits = served("limits.seconds=1").limits
    answer = ask(TestClient(make_app({"lines": slow}, limits, None)), "lines", png(draw_line("bees hum")))
    assert answer.status_code == 504 and "1 s" in answer.json()["error"]
    slow.close()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("GET", "/api/lines", 405), ("POST", "/healthz", 405), ("GET", "/web/no.js", 404)],
)
def test_every_error_is_said_alike(client, method, path, status):
    answer = client.request(method, path)
    assert answer.status_code == status
    assert path in answer.json()["error"] and set(answer.json()) == {"error"}


@pytest.mark.parametrize("path", ["/", "/healthz", "/tasks", "/metrics"])
def test_heads_are_answered(client, path):
    assert client.head(path).status_code == 200


def test_two_pictures_in_a_request_are_refused(client):
    files = [("image", ("a.png", png(draw_line("bees hum")))), ("image", ("b.png", png(draw_line("bees hum"))))]
    answer = client.post("/api/lines", files=files)
    assert answer.status_code == 400 and "2 pictures" in answer.json()["error"]


@pytest.mark.parametrize(
    ("task", "query", "words"),
    [
        ("lines", "langauge=fr", ["unknown parameter langauge", "language", "decoder"]),
        ("lines", "language=xx", ["language=xx", "fr", "none"]),
        ("lines", "formats=pdf", ["unknown parameter formats"]),
        ("pages", "formats=docx", ["formats=docx", "alto"]),
        ("eraser", "remove=rules,dust", ["remove=dust", "stains"]),
        ("hangul", "n=3", ["unknown parameter n"]),
    ],
)
def test_wrong_parameters_are_named(client, task, query, words):
    answer = client.post(f"/api/{task}?{query}", files={"image": ("a.png", png(draw_line("bees hum")))})
    assert answer.status_code == 400
    for word in words:
        assert word in answer.json()["error"]


def test_requests_decide_how_they_are_answered(client):
    """Each by its own parameters, though they may share a batch; a page is written in the formats that are asked for."""

    def answer(task, query, picture):
        return client.post(f"/api/{task}?{query}", files={"image": ("a.png", png(picture))}).json()

    line = draw_line("see a moon", 40)
    greedy, beam = (answer("lines", f"decoder={name}", line) for name in ("greedy", "beam"))
    assert greedy["alternatives"] == [] and len(beam["alternatives"]) > 0
    assert len(answer("lines", "", line)["alternatives"]) > 0
    assert answer("lines", "language=none", line)["text"]
    assert answer("words", "", draw_line("moon", 40))["words"]
    (page,) = answer("pages", "formats=txt,alto&erase=never", page_of("all balls"))["pages"]
    assert set(page["files"]) == {"txt", "alto"}
    assert b"<fileName>a.png</fileName>" in base64.b64decode(page["files"]["alto"])


def test_tasks_say_what_may_be_asked_of_them(client):
    told = {each["task"]: each for each in client.get("/tasks").json()}
    assert set(told) == set(served().weights)
    assert told["pages"]["answers_every_page"] and not told["lines"]["answers_every_page"]
    assert told["hangul"]["explains"] and told["hangul"]["drawing_px"] == [320, 320]
    assert set(told["lines"]["parameters"]) == {"language", "decoder"}
    described = client.get("/openapi.json").json()["paths"]["/api/pages"]["post"]["parameters"]
    assert {"erase", "formats", "language"} <= {parameter["name"] for parameter in described}


def test_what_nobody_waits_for_leaves_its_place():
    gate = threading.Event()
    queue = BatchQueue(lambda values: [gate.wait(5) and value for value in values], waiting=2, at_once=1)
    first = queue.submit(1)
    time.sleep(0.1)  # it is being answered
    waiting = [queue.submit(number) for number in (2, 3)]
    for future in waiting:
        assert future.cancel()
    again = [queue.submit(number) for number in (4, 5)]
    gate.set()
    assert [future.result(5) for future in (first, *again)] == [1, 4, 5]
    queue.close()


def test_names_of_uploads_are_names_of_files():
    assert own_name("../../etc/passwd.png") == "passwd.png"
    assert own_name("C:\\scans\\a.png") == "a.png"
    assert own_name("한" * 200 + ".png").endswith(".png") and len(own_name("한" * 200 + ".png").encode()) <= 150
    assert own_name(None) == own_name("") == own_name("....") == "page.png"


def test_a_deep_picture_is_cleaned(client):
    deep = np.repeat((page_of("a line").astype(np.uint16) * 257)[..., None], 3, axis=2)
    content = cv2.imencode(".png", deep)[1].tobytes()
    assert opened(ask(client, "eraser", content).json()["cleaned_png"]).shape[:2] == deep.shape[:2]


@pytest.mark.parametrize(("header", "value"), [("Host", "["), ("Origin", "http://[")])
def test_addresses_that_are_none_are_refused(services, header, value):
    client = TestClient(make_app(services, served().limits, None, {"127.0.0.1"}), base_url="http://127.0.0.1")
    assert client.get("/healthz", headers={header: value}).status_code == 403


def test_a_flag_that_is_none_is_named(client):
    answer = client.post("/api/lines?shown=perhaps", files={"image": ("a.png", png(draw_line("bees hum")))})
    assert answer.status_code == 400 and answer.json()["error"].startswith("shown:")


def test_pages_with_other_parameters_open_no_other_networks(services):
    variants = Variants(services["pages"].predictor)
    plain, other = variants.of({}), variants.of({"erase": "never", "formats": ["txt"]})
    assert other.formats == ["txt"] and other.erase == "never" and other.reader.network is plain.reader.network
    lines = Variants(load("lines", decoder={"name": "beam", "width": 50}))
    assert lines.of({"decoder": {"name": "greedy"}}).cfg.decoder == {"name": "greedy"}
