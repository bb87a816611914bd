"""The workbench in real headless Chromium, at the sizes of a telephone, a laptop and a large screen; screenshots are kept."""

import io
import json
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import SHOTS, Server, chromium, closed
from PIL import Image, ImageDraw
from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

SECONDS = 90
LEARNING_SECONDS = 400
SIZES = [(390, 844), (1280, 900), (1920, 1080)]
TEXTS = ["Dear Sir, I have the honour", "to send you these few lines", "and remain yours truly", "at the old house by the river"]
ONLY_PAGES = [f"weights.{task}=null" for task in ("eraser", "lines", "words", "hangul")]
QUICK = "learning.overrides=['trainer.steps_per_epoch=2','tracking=none','data.mixture.synthetic.weight=0.01']"
COUNTED = "return document.querySelectorAll(arguments[0]).length"
HARMFUL = "<img src=x onerror=document.title='harmed'>"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(f"store={tmp_path_factory.mktemp('archive')}", "+options.pages.erase=never", QUICK, *ONLY_PAGES)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PDF of two pages."""
    pages = []
    for turn in range(2):
        page = Image.new("L", (900, 640), 245)
        pen = ImageDraw.Draw(page)
        for row, text in enumerate(TEXTS[turn:] + TEXTS[:turn]):
            pen.text((60, 70 + 130 * row), text, fill=25, font_size=44)
        pages.append(page)
    path = tmp_path_factory.mktemp("book") / "book.pdf"
    pages[0].save(path, save_all=True, append_images=pages[1:], resolution=100)
    return path


@pytest.fixture
def window(request, server: Server) -> Iterator[webdriver.Chrome]:
    driver = chromium(*getattr(request, "param", SIZES[1]))
    driver.get(server.address)
    yield driver
    closed(driver)


def until(driver: webdriver.Chrome, found: Callable, seconds: float = SECONDS):
    return WebDriverWait(driver, seconds, 0.03, [NoSuchElementException, StaleElementReferenceException]).until(found)


def button(driver: webdriver.Chrome, text: str) -> WebElement:
    """The button or link with a text, once it is there."""
    return until(
        driver,
        lambda page: next((each for each in page.find_elements(By.CSS_SELECTOR, "button, a.button") if each.text == text), None),
    )


def press(driver: webdriver.Chrome, text: str) -> None:
    """Clicks the button or link with a text, whatever is drawn anew meanwhile."""

    def clicked(_: webdriver.Chrome) -> bool:
        button(driver, text).click()
        return True

    until(driver, clicked)


def submit(driver: webdriver.Chrome) -> None:
    until(driver, lambda page: page.find_element(By.CSS_SELECTOR, "dialog[open] button[type=submit]")).click()


def fields(driver: webdriver.Chrome, count: int = 1) -> list[WebElement]:
    """The texts of lines, once there are so many."""
    return until(
        driver, lambda page: (found := page.find_elements(By.CSS_SELECTOR, "textarea.text")) and len(found) >= count and found
    )


def values(driver: webdriver.Chrome) -> list[str]:
    return driver.execute_script("return [...document.querySelectorAll('textarea.text')].map((field) => field.value)")


def keys(driver: webdriver.Chrome, *pressed: str) -> None:
    """Presses keys one after the other, those of Alt together with the next one."""
    actions = ActionChains(driver)
    for key in pressed:
        if key.startswith("Alt+"):
            actions.key_down(Keys.ALT).send_keys(key.removeprefix("Alt+")).key_up(Keys.ALT)
        else:
            actions.send_keys(key)
    actions.perform()


def retype(driver: webdriver.Chrome, text: str) -> None:
    """Puts a text into the line that has the keyboard."""
    ActionChains(driver).key_down(Keys.CONTROL).send_keys("a").key_up(Keys.CONTROL).send_keys(text).perform()


def shoot(driver: webdriver.Chrome, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    driver.save_screenshot(str(SHOTS / f"workbench_{name}_{driver.execute_script('return innerWidth')}.png"))


def asked(server: Server, path: str):
    with urllib.request.urlopen(f"{server.address}/api/workbench{path}") as answer:
        return json.load(answer)


def new_collection(driver: webdriver.Chrome, server: Server, name: str) -> int:
    driver.get(f"{server.address}/#/")
    press(driver, "New collection")
    until(driver, lambda page: page.find_element(By.CSS_SELECTOR, "dialog[open] input")).send_keys(name)
    submit(driver)
    until(driver, lambda page: "/collection/" in page.current_url)
    return int(driver.current_url.rpartition("/")[2])


def imported(driver: webdriver.Chrome, *files: Path, pages: int) -> None:
    until(driver, lambda page: page.find_element(By.ID, "files")).send_keys("\n".join(map(str, files)))
    until(driver, lambda page: len(page.find_elements(By.CSS_SELECTOR, ".pages a")) == pages)


def read_all(driver: webdriver.Chrome) -> None:
    press(driver, "Read all pages")
    submit(driver)
    until(driver, lambda page: all("lines done" in state.text for state in page.find_elements(By.CSS_SELECTOR, ".pages .state")))


@pytest.mark.parametrize("window", SIZES, indirect=True, ids=lambda size: str(size[0]))
def test_from_a_pdf_to_corrected_lines_by_keyboard(window, server, book):
    collection = new_collection(window, server, HARMFUL)
    imported(window, book, pages=2)
    read_all(window)
    shoot(window, "collection")
    window.find_element(By.CSS_SELECTOR, ".pages a").click()
    assert len(fields(window, 4)) == 4
    for text in TEXTS[:3]:
        retype(window, f"{text} {HARMFUL}")
        keys(window, Keys.ENTER)
    until(window, lambda page: len(page.find_elements(By.CSS_SELECTOR, ".line.is-done")) == 3)
    shoot(window, "page")
    assert window.execute_script("return document.documentElement.scrollWidth <= innerWidth") and window.title != "harmed"
    window.refresh()
    fields(window, 4)
    assert values(window)[:3] == [f"{text} {HARMFUL}" for text in TEXTS[:3]]
    assert len(window.find_elements(By.CSS_SELECTOR, ".line.is-done")) == 3
    assert asked(server, f"/collections/{collection}")["done"] == 3


def opened_page(driver: webdriver.Chrome, server: Server, book: Path, name: str) -> tuple[int, int]:
    """A page that was read, with the keyboard in its first line; the numbers of its collection and its own."""
    collection = new_collection(driver, server, name)
    imported(driver, book, pages=2)
    read_all(driver)
    page = asked(server, f"/collections/{collection}/pages")[0]["id"]
    driver.get(f"{server.address}/#/page/{page}")
    fields(driver, 4)
    until(driver, lambda page: page.switch_to.active_element.tag_name == "textarea")
    return collection, page


def test_lines_are_split_joined_moved_and_all_of_it_undone(window, server, book):
    _, page = opened_page(window, server, book, "Split")
    retype(window, "one two")
    keys(window, Keys.HOME, *[Keys.RIGHT] * 3, "Alt+s")
    until(window, lambda _: len(values(window)) == 5 and values(window)[:2] == ["one", "two"])
    keys(window, "Alt+j")
    until(window, lambda _: len(values(window)) == 4 and values(window)[0] == "one two")
    second = values(window)[1]
    keys(window, "Alt+" + Keys.DOWN)
    until(window, lambda _: values(window)[:2] == [second, "one two"])
    keys(window, "Alt+" + Keys.DELETE)
    until(window, lambda _: len(values(window)) == 3)
    for count in (4, 4, 5, 4):  # taken away, moved, joined, split
        keys(window, "Alt+z")
        until(window, lambda _, count=count: len(values(window)) == count)
        time.sleep(0.3)
    assert values(window)[0] == "one two" and [line["text"] for line in asked(server, f"/pages/{page}")["lines"]] == values(
        window
    )


def test_a_line_is_drawn_and_its_baseline_dragged(window, server, book):
    _, page = opened_page(window, server, book, "Draw")
    keys(window, "Alt+" + Keys.DELETE)
    until(window, lambda _: len(values(window)) == 3)
    press(window, "Draw a line")
    sheet = window.find_element(By.CSS_SELECTOR, "svg.page")
    width, height = sheet.size["width"], sheet.size["height"]
    scale = min(width / 900, height / 640)

    def at(x: float, y: float) -> tuple[int, int]:
        return round((x - 450) * scale), round((y - 320) * scale)

    for x in (60, 620):
        ActionChains(window).move_to_element_with_offset(sheet, *at(x, 112)).click().perform()
    sheet.send_keys(Keys.ENTER)
    until(window, lambda _: len(values(window)) == 4)
    (drawn,) = [line for line in asked(server, f"/pages/{page}")["lines"] if line["is_drawn"]]
    until(
        window,
        lambda _: window.execute_script("return document.activeElement.closest('.line')?.dataset.line") == str(drawn["id"]),
    )
    press(window, "Move baseline")
    handles = until(window, lambda page: page.find_elements(By.CSS_SELECTOR, ".handles circle"))
    ActionChains(window).drag_and_drop_by_offset(handles[0], 0, 12).perform()

    def baseline() -> list:
        return next(line["baseline"] for line in asked(server, f"/pages/{page}")["lines"] if line["id"] == drawn["id"])

    until(window, lambda _: baseline()[0][1] > drawn["baseline"][0][1] + 5)
    shoot(window, "drawn")


def test_nothing_is_lost_by_a_reload_in_the_middle_of_typing(window, server, book):
    _, page = opened_page(window, server, book, "Reload")
    retype(window, "typed in a hurry")
    window.refresh()
    until(window, lambda _: values(window)[:1] == ["typed in a hurry"])
    until(window, lambda _: asked(server, f"/pages/{page}")["lines"][0]["text"] == "typed in a hurry")


def test_nothing_is_lost_when_the_server_is_killed_while_saving(window, server, book):
    _, page = opened_page(window, server, book, "Kill")
    for turn in range(3):
        text = f"typed while it died {turn}"
        retype(window, text)
        time.sleep(0.2 + 0.3 * turn)  # before, about and after it is sent
        server.kill()
        time.sleep(1)
        server.start()
        until(window, lambda _, text=text: asked(server, f"/pages/{page}")["lines"][0]["text"] == text, 20)
        until(window, lambda page: not page.find_elements(By.CSS_SELECTOR, ".line.unsaved"), 20)


def test_the_second_of_two_is_told_and_keeps_its_text(window, server, book):
    _, page = opened_page(window, server, book, "Two")
    other = chromium()
    other.get(f"{server.address}/#/page/{page}")
    fields(other, 4)
    retype(window, "mine")
    until(window, lambda _: asked(server, f"/pages/{page}")["lines"][0]["text"] == "mine")
    retype(other, "theirs")
    clash = until(other, lambda page: page.find_element(By.CSS_SELECTOR, ".clash"))
    assert "mine" in clash.text and values(other)[0] == "theirs" and asked(server, f"/pages/{page}")["lines"][0]["text"] == "mine"
    shoot(other, "two")
    press(other, "Keep mine")
    until(other, lambda _: asked(server, f"/pages/{page}")["lines"][0]["text"] == "theirs")
    until(window, lambda _: values(window)[0] == "theirs")  # the first one sees it within some seconds
    closed(other)


def test_it_learns_is_adopted_and_what_goes_out_comes_in_again(window, server, book, tmp_path):
    collection, _ = opened_page(window, server, book, "Learn")
    for turn, page in enumerate(asked(server, f"/collections/{collection}/pages")):
        window.get(f"{server.address}/#/page/{page['id']}")
        until(window, lambda driver, page=page: f"/page/{page['id']}" in driver.current_url and fields(driver, 4))
        time.sleep(0.5)
        for text in (TEXTS[turn:] + TEXTS[:turn])[: 4 - turn]:
            retype(window, text)
            keys(window, Keys.ENTER)
        until(window, lambda driver, turn=turn: len(driver.find_elements(By.CSS_SELECTOR, ".line.is-done")) == 4 - turn)
    window.get(f"{server.address}/#/collection/{collection}")
    minutes = until(window, lambda page: page.find_element(By.CSS_SELECTOR, ".learn input"))
    minutes.clear()
    minutes.send_keys("0.05")
    window.execute_script("arguments[0].removeAttribute('min')", minutes)
    press(window, "Learn from my corrections")
    until(window, lambda page: page.find_elements(By.CSS_SELECTOR, ".rates"), LEARNING_SECONDS)
    shoot(window, "learned")
    press(window, "Use it here, and read the rest again")
    until(window, lambda _: asked(server, f"/collections/{collection}")["reader"] != "default")
    until(window, lambda _: all(job["ended"] for job in asked(server, f"/collections/{collection}/jobs")))
    before = [
        [line["text"] for line in asked(server, f"/pages/{page['id']}")["lines"]]
        for page in asked(server, f"/collections/{collection}/pages")
    ]
    packed = tmp_path / "out.zip"
    with urllib.request.urlopen(f"{server.address}/api/workbench/collections/{collection}/export?kind=page") as answer:
        packed.write_bytes(answer.read())
    again = new_collection(window, server, "Again")
    imported(window, packed, pages=2)
    pages = asked(server, f"/collections/{again}/pages")
    assert [[line["text"] for line in asked(server, f"/pages/{page['id']}")["lines"]] for page in pages] == before


def test_the_first_minute_in_another_language(window, server):
    select = until(window, lambda page: page.find_element(By.ID, "language"))
    select.find_element(By.CSS_SELECTOR, "option[value=ko]").click()
    until(window, lambda page: page.find_element(By.TAG_NAME, "html").get_attribute("lang") == "ko")
    press(window, "예시 세 쪽으로 해 보기")
    until(window, lambda page: len(page.find_elements(By.CSS_SELECTOR, ".pages a")) == 3)
    shoot(window, "korean")


def test_lines_to_correct_next(window, server, book):
    collection, _ = opened_page(window, server, book, "Next")
    window.get(f"{server.address}/#/collection/{collection}/next")
    assert len(fields(window, 8)) == 8
    retype(window, "the first of them")
    keys(window, Keys.ENTER)
    until(window, lambda _: asked(server, f"/collections/{collection}")["done"] == 1)
    shoot(window, "next")


def described(number: int, lines: int) -> str:
    """A PAGE file of a page with so many lines."""
    rows = "".join(
        f'<TextLine id="l{row}"><Coords points="80,{60 + 20 * row} 600,{60 + 20 * row} 600,{78 + 20 * row} 80,{78 + 20 * row}"/>'
        f'<Baseline points="80,{74 + 20 * row} 600,{74 + 20 * row}"/><TextEquiv><Unicode>a line of text</Unicode>'
        "</TextEquiv></TextLine>"
        for row in range(lines)
    )
    space = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"
    return (
        f'<PcGts xmlns="{space}"><Page imageFilename="{number:03d}.png" imageWidth="700" imageHeight="900">'
        f'<TextRegion id="r">{rows}</TextRegion></Page></PcGts>'
    )


def test_a_large_collection_opens_at_once(window, server, tmp_path):
    """500 pages with 15,000 lines: the seconds until the list and a page are there are printed (-s)."""
    collection = new_collection(window, server, "Large")
    packed = tmp_path / "large.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for number in range(500):
            content = io.BytesIO()
            Image.new("L", (700, 900), 200 + number % 50).save(content, format="PNG")
            file.writestr(f"{number:03d}.png", content.getvalue())
            file.writestr(f"{number:03d}.xml", described(number, 30))
    imported(window, packed, pages=500)
    page = asked(server, f"/collections/{collection}/pages")[250]["id"]
    for name, address, selector, count in (
        ("the list", f"collection/{collection}", ".pages a", 500),
        ("a page", f"page/{page}", "textarea.text", 30),
    ):
        seconds = []
        for _ in range(5):
            window.get(f"{server.address}/#/")
            until(window, lambda driver: driver.find_elements(By.CSS_SELECTOR, ".cards"))
            begun = time.perf_counter()
            window.execute_script(f"location.hash = '#/{address}'")
            until(window, lambda driver, at=(selector, count): driver.execute_script(COUNTED, at[0]) == at[1])
            seconds.append(time.perf_counter() - begun)
        print(f"{name}: {sorted(seconds)[2]:.2f} s, at most {max(seconds):.2f} s")
        assert sorted(seconds)[2] < 1.0


def test_steady_typing_overwrites_nobody(window, server, book):
    _, page = opened_page(window, server, book, "Steady")
    line = asked(server, f"/pages/{page}")["lines"][0]
    wish = {"line": line["id"], "version": line["version"], "text": "of another person"}
    retype(window, "begun")
    until(window, lambda _: asked(server, f"/pages/{page}")["lines"][0]["text"] == "begun")
    wish["version"] = asked(server, f"/pages/{page}")["lines"][0]["version"]
    posted(server, f"/pages/{page}/edit", wish)
    for _ in range(30):
        keys(window, "x")
        time.sleep(0.15)
    assert asked(server, f"/pages/{page}")["lines"][0]["text"] == "of another person"
    assert "of another person" in window.find_element(By.CSS_SELECTOR, ".clash").text and values(window)[0].endswith("xxx")


def test_a_line_that_is_taken_away_elsewhere_leaves_its_text(window, server, book):
    _, page = opened_page(window, server, book, "Gone")
    line = asked(server, f"/pages/{page}")["lines"][0]
    posted(server, f"/pages/{page}/delete", {"lines": {line["id"]: line["version"]}})
    retype(window, "typed into nothing")
    until(window, lambda page: page.find_elements(By.CSS_SELECTOR, ".clash"))
    assert "typed into nothing" in values(window)


def test_done_is_not_lost_while_the_server_is_away(window, server, book):
    _, page = opened_page(window, server, book, "Away")
    server.kill()
    keys(window, Keys.ENTER, Keys.UP, Keys.DOWN)
    time.sleep(3)
    server.start()
    until(window, lambda _: asked(server, f"/pages/{page}")["lines"][0]["state"] == "done", 30)


def posted(server: Server, path: str, wish: dict) -> dict:
    """What another window would have sent."""
    ours = {"X-Palimpsest": "1", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.address}/api/workbench{path}", json.dumps(wish).encode(), ours)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)
