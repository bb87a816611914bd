"""The workbench by its addresses: who may change something, what is read, and what goes on after a restart."""

import threading
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from base.errors import UserError
from configs.mode.serve import wants_workbench
from predictors.serving.app import make_app
from predictors.workbench.bench import Workbench, store_of
from predictors.workbench.store.tables import Job
from predictors.workbench.work import clerk as clerk_module
from predictors.workbench.work.reading import PageReading
from tests.conftest import config
from tests.predictors.workbench.drawn import API, OURS, ended, settings, written_page

SECONDS = 60


def filled(client: TestClient, tmp_path: Path, *pages: list[str]) -> tuple[int, list[int]]:
    """A collection with drawn pages; its number and theirs."""
    collection = client.post(f"{API}/collections", json={"name": "Letters"}).json()["id"]
    for number, texts in enumerate(pages):
        file = written_page(tmp_path / "drawn" / f"p{number}.png", *texts)
        answer = client.post(f"{API}/collections/{collection}/files", files={"file": (file.name, file.read_bytes())}).json()
        assert answer["notes"] == []
    return collection, [page["id"] for page in client.get(f"{API}/collections/{collection}/pages").json()]


def lines(client: TestClient, page: int) -> list[dict]:
    return client.get(f"{API}/pages/{page}").json()["lines"]


def test_the_first_minute(client):
    assert client.get(f"{API}/collections").json() == []
    made = client.post(f"{API}/examples", json={"name": "Examples"}).json()
    assert made["pages"] == 3 and made["lines"] == 0
    assert client.get("/").status_code == client.get("/quick").status_code == client.get("/bench/main.js").status_code == 200
    about = client.get(f"{API}/collections/{made['id']}").json()
    assert about["choices"]["readers"] == ["default"] and "fr" in about["choices"]["languages"] and "é" in about["characters"]


def test_pages_are_read_and_typed_lines_stay(client, tmp_path):
    collection, (page, _) = filled(client, tmp_path, ["see a moon", "bees hum"], ["on a hill"])
    job = client.post(f"{API}/collections/{collection}/read", json={}).json()
    assert ended(client, job["id"])["state"] == "finished"
    first, second = lines(client, page)
    assert first["text"] and first["read_text"] == first["text"] and first["doubt"] >= 0 and "content" not in first
    typed = client.post(
        f"{API}/pages/{page}/edit", json={"line": first["id"], "version": first["version"], "text": "mine"}
    ).json()
    assert typed["lines"][0]["is_typed"]
    second_job = client.post(f"{API}/collections/{collection}/read", json={"find": True}).json()
    assert ended(client, second_job["id"])["state"] == "finished"
    now = lines(client, page)
    assert [line["text"] for line in now] == ["mine", second["text"]] and now[0]["version"] == first["version"] + 1
    assert now[1]["id"] != second["id"]  # it was found anew


def test_lines_that_were_changed_meanwhile_are_not_overwritten(client, bench, tmp_path, monkeypatch):
    _, (page,) = filled(client, tmp_path, ["see a moon"])
    client.post(f"{API}/pages/{page}/read", json={})
    (line,) = lines(client, page)
    keep = PageReading._keep

    def type_first(reading, *arguments):
        client.post(f"{API}/pages/{page}/edit", json={"line": line["id"], "version": line["version"], "text": "typed meanwhile"})
        keep(reading, *arguments)

    monkeypatch.setattr(PageReading, "_keep", type_first)
    client.post(f"{API}/pages/{page}/read", json={})
    assert lines(client, page)[0]["text"] == "typed meanwhile"


def test_a_drawn_line_is_read_at_once(client, tmp_path):
    _, (page,) = filled(client, tmp_path, ["see a moon", "bees hum"])
    added = client.post(f"{API}/pages/{page}/add", json={"baseline": [[85, 105], [340, 105]]}).json()
    (line,) = added["lines"]
    found = client.post(f"{API}/pages/{page}/read", json={"lines": [line["id"]]}).json()["lines"]
    assert any(each["id"] == line["id"] and each["text"] and each["is_drawn"] for each in found)
    assert len(found) == 2  # the other one was found beside it


def test_a_job_is_stopped_and_another_server_goes_on(client, bench, tmp_path, monkeypatch, database, pages_predictor):
    collection, pages = filled(client, tmp_path, *[["see a moon"]] * 6)
    begun, go = threading.Event(), threading.Event()
    read = PageReading.read

    def slowly(reading, **options):
        begun.set()
        assert go.wait(SECONDS)
        return read(reading, **options)

    monkeypatch.setattr(PageReading, "read", slowly)
    stopped = client.post(f"{API}/collections/{collection}/read", json={}).json()["id"]
    assert begun.wait(SECONDS)
    kept = client.post(f"{API}/collections/{collection}/read", json={"pages": pages[2:]}).json()["id"]
    assert client.delete(f"{API}/jobs/{stopped}").json()["state"] == "cancelled"
    go.set()
    monkeypatch.setattr(clerk_module.Clerk, "step", lambda clerk: False)
    bench.close()
    monkeypatch.undo()
    again = Workbench(settings(tmp_path / "store", database), pages_predictor)
    try:
        client = TestClient(make_app({}, settings(tmp_path / "store", database).limits, None, None, again), headers=OURS)
        assert ended(client, kept)["state"] == "finished"
        searched = [page["is_searched"] for page in client.get(f"{API}/collections/{collection}/pages").json()]
        assert searched[2:] == [True] * 4 and client.get(f"{API}/jobs/{stopped}").json()["state"] == "cancelled"
    finally:
        again.close()


def test_a_page_whose_picture_is_gone_is_marked_and_the_others_are_read(client, bench, tmp_path):
    collection, (first, second) = filled(client, tmp_path, ["see a moon"], ["bees hum"])
    with bench.archive.reading() as session:
        from predictors.workbench.store.tables import Page

        file = session.get_one(Page, first).file
    bench.archive.pictures.path(file).write_bytes(b"damaged")
    bench.archive.pictures.forget()
    job = client.post(f"{API}/collections/{collection}/read", json={}).json()
    assert ended(client, job["id"])["state"] == "finished"
    notes = [page["note"] for page in client.get(f"{API}/collections/{collection}/pages").json()]
    assert "not an image" in notes[0] and notes[1] == "" and lines(client, second)


def test_next_lines_are_those_in_doubt(client, bench, tmp_path):
    collection, pages = filled(client, tmp_path, ["see a moon", "bees hum"], ["qzx vkw jjq"])
    ended(client, client.post(f"{API}/collections/{collection}/read", json={}).json()["id"])
    chosen = client.get(f"{API}/collections/{collection}/next?count=2").json()
    every = [line for page in pages for line in lines(client, page)]
    assert chosen[0]["id"] == max(every, key=lambda line: line["doubt"])["id"] and len(chosen) == 2
    line = chosen[0]
    client.post(f"{API}/pages/{line['page_id']}/edit", json={"line": line["id"], "version": line["version"], "state": "done"})
    assert line["id"] not in [other["id"] for other in client.get(f"{API}/collections/{collection}/next").json()]


def test_unusual_words(client):
    answer = client.post(f"{API}/spelling", json={"text": "he went to the xqzt house", "language": "en"}).json()
    assert answer == {"unusual": [[15, 19]]}
    assert client.post(f"{API}/spelling", json={"text": "xqzt", "language": "none"}).json() == {"unusual": []}
    assert client.post(f"{API}/spelling", json={"text": "a", "language": "xx"}).status_code == 400


def test_deleting_forgets_the_pictures(client, bench, tmp_path):
    collection, (page, _) = filled(client, tmp_path, ["see a moon"], ["bees hum"])
    folder = bench.archive.folder / "images"
    assert client.delete(f"{API}/pages/{page}").json() == {}
    assert len(list(folder.rglob("*.png"))) == 1 and client.get(f"{API}/pages/{page}").status_code == 404
    assert client.delete(f"{API}/collections/{collection}").json() == {}
    assert not list(folder.rglob("*.png")) and not list((bench.archive.folder / "shown").rglob("*.jpg"))


def test_only_our_own_page_may_change_something(client, bench, tmp_path, database):
    others = TestClient(client.app)
    wishes = [
        ("post", "/collections"),
        ("post", "/examples"),
        ("patch", "/collections/1"),
        ("delete", "/collections/1"),
        ("delete", "/pages/1"),
    ]
    wishes += [
        ("post", f"/pages/1/{deed}") for deed in ("edit", "finish", "add", "delete", "split", "join", "move", "undo", "read")
    ]
    wishes += [("post", f"/collections/1/{deed}") for deed in ("files", "sort", "read", "learn")]
    wishes += [("delete", "/jobs/1"), ("post", "/jobs/1/adopt"), ("post", "/spelling")]
    for method, path in wishes:
        assert others.request(method, API + path, json={}).status_code == 403, path
    routes = {
        (method, path)
        for path, methods in client.get("/openapi.json").json()["paths"].items()
        if path.startswith(API)
        for method in methods
        if method != "get"
    }
    assert len(routes) == len(wishes)  # a new route is listed here, or it is not guarded
    guarded = TestClient(
        make_app({}, settings(tmp_path / "store", database).limits, "a secret of some length", {"testserver"}, bench)
    )
    assert guarded.get(f"{API}/collections").status_code == 401
    assert guarded.get(f"{API}/collections", headers={"Authorization": "Bearer a secret of some length"}).status_code == 200
    assert guarded.get(f"{API}/collections", headers={"Host": "evil.example"}).status_code == 403
    assert guarded.post(f"{API}/collections", headers={**OURS, "Origin": "http://evil.example"}).status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "says"),
    [
        ("get", "/collections/99", None, 404, "no such"),
        ("get", "/pages/99/picture", None, 404, "no such"),
        ("post", "/collections", {"name": "  "}, 400, "name"),
        ("patch", "/collections/1", {"reader": "nobody"}, 400, "no reader nobody"),
        ("patch", "/collections/1", {"erase": "sometimes"}, 400, "erase"),
        ("post", "/collections/1/read", {"pages": [99]}, 404, "no page 99"),
        ("post", "/collections/1/learn", {"minutes": 1}, 400, "5 at least"),
        ("get", "/collections/1/export?kind=docx", None, 400, "kind"),
        ("post", "/pages/1/edit", {"line": 1, "version": 1, "texts": "x"}, 400, "texts"),
        ("post", "/pages/1/edit", {"line": 77, "version": 1, "text": "x"}, 400, "no such line"),
        ("post", "/pages/1/add", {"baseline": [[1, 2], [1e9, 2]]}, 400, "less than or equal"),
    ],
)
def test_mistakes_are_told_in_a_line(client, tmp_path, method, path, body, status, says):
    filled(client, tmp_path, ["see a moon"])
    answer = client.request(method, API + path, json=body)
    assert answer.status_code == status and says in answer.json()["error"] and "\n" not in answer.json()["error"]


def test_html_in_names_and_texts_stays_text(client, tmp_path):
    _, (page,) = filled(client, tmp_path, ["see a moon"])
    (line,) = client.post(f"{API}/pages/{page}/add", json={"baseline": [[85, 105], [340, 105]]}).json()["lines"]
    wish = {"line": line["id"], "version": line["version"], "text": "<script>alert(1)</script>"}
    answer = client.post(f"{API}/pages/{page}/edit", json=wish)
    assert answer.json()["lines"][0]["text"] == wish["text"] and answer.headers["content-type"] == "application/json"
    assert (
        answer.headers["x-content-type-options"] == "nosniff"
        and "default-src 'self'" in answer.headers["content-security-policy"]
    )


def test_where_there_is_a_workbench():
    assert wants_workbench(config("mode=serve")) and not wants_workbench(config("mode=serve", "host=0.0.0.0"))
    assert wants_workbench(config("mode=serve", "host=0.0.0.0", "workbench=true"))
    assert not wants_workbench(config("mode=serve", "weights.pages=null"))
    assert store_of("my_archive") == (Path("my_archive"), None)


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        (["workbench=true", "weights.pages=null"], "weights.pages"),
        (["+store.path=x"], "store.folder"),
        (["learning.experiment=few_label"], "few_labels"),
        (["learning.minutes=0"], "above 0"),
    ],
)
def test_what_does_not_go_together_is_told(overrides, says):
    from utils.configuration.check import check

    with pytest.raises(UserError, match=says):
        check(config("mode=serve", *overrides))


@pytest.mark.parametrize("url", ["postgres://x", "no address", "mysql+nothing://x"])
def test_another_kind_of_database_is_told(tmp_path, url):
    from predictors.workbench.store.archive import Archive

    with pytest.raises(UserError, match="store"):
        Archive(tmp_path / "store", url)
    Archive(tmp_path / "store").close()  # its lock was let go


def test_a_store_of_a_newer_version_is_refused(tmp_path, archive, database):
    from sqlalchemy import update

    from predictors.workbench.store.archive import Archive
    from predictors.workbench.store.migrations import VERSION

    with archive.writing() as session:
        session.execute(update(VERSION).values(number=99))
    archive.close()
    with pytest.raises(UserError, match="newer Palimpsest"):
        Archive(archive.folder, database)


def test_an_error_ends_a_job_and_not_the_clerk(client, bench, tmp_path, monkeypatch):
    collection, _ = filled(client, tmp_path, ["see a moon"])
    monkeypatch.setattr(PageReading, "read", lambda *arguments, **options: 1 / 0)
    job = ended(client, client.post(f"{API}/collections/{collection}/read", json={}).json()["id"])
    assert job["state"] == "failed" and "ZeroDivisionError" in job["message"]
    monkeypatch.undo()
    job = ended(client, client.post(f"{API}/collections/{collection}/read", json={}).json()["id"])
    assert job["state"] == "finished"
    with bench.archive.reading() as session:
        assert session.get_one(Job, job["id"]).done == 1


def test_lines_that_stay_keep_their_order_where_lines_are_found_anew(client, tmp_path):
    _, (page,) = filled(client, tmp_path, ["see a moon", "bees hum", "on a hill"])
    client.post(f"{API}/pages/{page}/read", json={})
    first, second, third = lines(client, page)
    moved = client.post(f"{API}/pages/{page}/move", json={"line": third["id"], "version": third["version"], "after": None}).json()
    taken = client.post(f"{API}/pages/{page}/delete", json={"lines": {first["id"]: first["version"]}}).json()
    assert moved["lines"][0]["is_drawn"] and taken["gone"] == [first["id"]]
    client.post(f"{API}/pages/{page}/edit", json={"line": second["id"], "version": second["version"], "text": "typed"})
    client.post(f"{API}/pages/{page}/read", json={"find": True})
    assert [line["id"] for line in lines(client, page)] == [third["id"], second["id"]]  # what was taken away does not come back


def test_the_same_wish_is_one_job(client, bench, tmp_path, monkeypatch):
    collection, _ = filled(client, tmp_path, ["see a moon"])
    monkeypatch.setattr(clerk_module.Clerk, "step", lambda clerk: False)
    jobs = [
        client.post(f"{API}/collections/{collection}/read", json={"find": find}).json()["id"] for find in (False, False, True)
    ]
    assert jobs[0] == jobs[1] != jobs[2]


def test_other_web_pages_see_nothing(client, tmp_path):
    _, (page,) = filled(client, tmp_path, ["see a moon"])
    seen = client.get(f"{API}/pages/{page}/picture", headers={"Sec-Fetch-Site": "cross-site"})
    assert seen.status_code == 403
    assert client.get(f"{API}/pages/{page}/picture").headers["cross-origin-resource-policy"] == "same-origin"


def test_all_lines_of_a_page_are_done_at_once_and_undone(client, tmp_path):
    _, (page,) = filled(client, tmp_path, ["see a moon", "bees hum"])
    client.post(f"{API}/pages/{page}/read", json={})
    done = client.post(f"{API}/pages/{page}/finish").json()
    assert [line["state"] for line in lines(client, page)] == ["done", "done"]
    client.post(f"{API}/pages/{page}/undo", json={"change": done["change"]})
    assert [line["state"] for line in lines(client, page)] == ["open", "open"]
