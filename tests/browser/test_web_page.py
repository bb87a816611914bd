"""The web page in real headless Chromium; screenshots are kept in experiments/demo/screenshots."""

from itertools import pairwise
from pathlib import Path

import pytest
from conftest import SHOTS
from selenium import webdriver
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

SECONDS = 90


def choose(browser: webdriver.Chrome, task: str) -> None:
    WebDriverWait(browser, SECONDS).until(lambda page: page.find_elements(By.CSS_SELECTOR, f"input[value={task}]"))[0].click()


def send(browser: webdriver.Chrome, *files: Path) -> list:
    """Gives files to the page and waits for as many answers more."""
    before = len(browser.find_elements(By.CSS_SELECTOR, "article"))
    browser.find_element(By.ID, "files").send_keys("\n".join(map(str, files)))
    wait = WebDriverWait(browser, SECONDS)
    wait.until(lambda page: len(page.find_elements(By.CSS_SELECTOR, "article")) == before + len(files))
    wait.until(lambda page: page.find_element(By.ID, "results").get_attribute("aria-busy") is None)
    return browser.find_elements(By.CSS_SELECTOR, "article")


def shoot(browser: webdriver.Chrome, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    browser.save_screenshot(str(SHOTS / f"{name}.png"))


def test_a_line_is_read(browser, pictures):
    choose(browser, "lines")
    (card,) = send(browser, pictures["line"])
    words = card.find_elements(By.CSS_SELECTOR, "button.word")
    assert words and "jump" in card.text
    words[0].click()
    assert "sure" in card.text
    shoot(browser, "line")


def test_a_page_is_read_and_can_be_saved(browser, pictures):
    choose(browser, "pages")
    (card,) = send(browser, pictures["page"])
    assert len(card.find_elements(By.CSS_SELECTOR, "polygon")) >= 3
    saves = {button.text for button in card.find_elements(By.CSS_SELECTOR, "button.quiet")}
    assert {"Save as TXT", "Save as PAGE", "Save as ALTO", "Save as PDF"} <= saves
    shoot(browser, "page")


def test_before_and_after_by_keyboard(browser, pictures):
    choose(browser, "eraser")
    (card,) = send(browser, pictures["page"])
    slider = card.find_element(By.CSS_SELECTOR, "input[type=range]")
    slider.send_keys(Keys.HOME)
    after = card.find_element(By.CSS_SELECTOR, "img.over:not(.mask)")
    assert "0%" in after.value_of_css_property("clip-path")
    card.find_element(By.CSS_SELECTOR, "input[type=checkbox]").click()
    assert card.find_element(By.CSS_SELECTOR, "canvas.mask").is_displayed()
    shoot(browser, "clean")


def test_a_drawing_is_read(browser):
    choose(browser, "hangul")
    browser.find_element(By.ID, "draw-open").click()
    canvas = browser.find_element(By.ID, "canvas")
    side = canvas.size["width"]

    def stroke(*places: tuple[float, float]) -> None:
        hand = ActionChains(browser, duration=20)
        x, y = places[0]
        hand.move_to_element_with_offset(canvas, int(x * side), int(y * side)).click_and_hold()
        for (left, top), (right, bottom) in pairwise(places):
            hand.move_by_offset(int((right - left) * side), int((bottom - top) * side))
        hand.release().perform()

    stroke((-0.3, -0.3), (0.0, -0.3), (-0.05, 0.2))  # ㄱ
    stroke((0.2, -0.35), (0.2, 0.35))  # ㅏ
    stroke((0.2, -0.05), (0.35, -0.05))
    browser.find_element(By.ID, "draw-send").click()
    WebDriverWait(browser, SECONDS).until(lambda page: page.find_elements(By.CSS_SELECTOR, "ol.answers li"))
    answers = [item.text for item in browser.find_elements(By.CSS_SELECTOR, "ol.answers li")]
    assert len(answers) == 5 and any("가" in answer for answer in answers)
    shoot(browser, "hangul")


def test_two_files_at_once_and_one_that_is_no_image(browser, pictures):
    choose(browser, "lines")
    cards = send(browser, pictures["line"], pictures["text"])
    errors = [card for card in cards if "error" in card.get_attribute("class")]
    assert len(errors) == 1 and "not an image" in errors[0].text
    assert any("jump" in card.text for card in cards)
    shoot(browser, "error")


def test_names_and_results_are_text(browser, pictures):
    choose(browser, "lines")
    (card,) = send(browser, pictures["script"])
    assert "<script>" in card.find_element(By.TAG_NAME, "h2").text
    hostile = 'x" onerror="document.title=1"><img src=x onerror="document.title=1"><script>document.title=1</script>'
    browser.execute_async_script(
        """const [text, done] = arguments;
        const answer = {width: 10, height: 10, shown_jpeg: "", text, confidence: 0.5, alternatives: [[text, 0.5]],
                        words: [[text, 0.5, 0, 10]], characters: []};
        window.fetch = async () => new Response(JSON.stringify(answer));
        done();""",
        hostile,
    )
    cards = send(browser, pictures["line"])
    cards[0].find_element(By.CSS_SELECTOR, "button.word").click()
    assert hostile in cards[0].text
    assert browser.title == "Palimpsest" and not cards[0].find_elements(By.TAG_NAME, "script")


def test_nothing_overflows_on_a_phone(browser, pictures):
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
    )
    choose(browser, "pages")
    send(browser, pictures["page"])
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
    shoot(browser, "phone")


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_outlines_lie_on_their_lines(browser, pictures, width):
    """The drawing over a page covers just the page, however the columns stand."""
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    )
    choose(browser, "pages")
    (card,) = send(browser, pictures["page"])
    image, drawing = (card.find_element(By.CSS_SELECTOR, f".picture {tag}").rect for tag in ("img", "svg"))
    for key in ("x", "y", "width", "height"):
        assert abs(image[key] - drawing[key]) <= 1, (key, image, drawing)
    shoot(browser, f"page_{width}")


def test_dark(browser, pictures):
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]})
    choose(browser, "lines")
    send(browser, pictures["line"])
    assert browser.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(25, 24, 20)"
    shoot(browser, "dark")


def test_everything_has_a_name_for_screen_readers(browser, pictures):
    choose(browser, "eraser")
    send(browser, pictures["page"])
    nameless = browser.execute_script(
        """return [...document.querySelectorAll("button, input, canvas, img, a")].filter((part) =>
            !(part.getAttribute("aria-label") || part.alt || part.textContent.trim() || part.labels?.length))
            .map((part) => part.outerHTML);"""
    )
    assert not nameless
    assert browser.find_element(By.ID, "status").get_attribute("aria-live") == "polite"
