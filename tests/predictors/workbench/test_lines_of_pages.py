"""What people do to lines: versions, undo, conflicts, and that nothing is lost by any order of steps."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from predictors.workbench.store.archive import Archive
from predictors.workbench.store.lines import SNAPSHOT, Desk, Mistaken, Outdated, as_found, lines_of
from predictors.workbench.store.tables import DONE, Change, Collection, Line, Page

TEXTS = ["the first line", "a second one", "and a third"]


def drawn(line, others):
    """An outline without a picture: a band around the baseline."""
    up, down = line.baseline - np.array([0, 20]), line.baseline + np.array([0, 8])
    return np.concatenate([up, down[::-1]])


@pytest.fixture
def page_id(archive: Archive) -> int:
    with archive.writing() as session:
        collection = Collection(name="letters")
        session.add(collection)
        session.flush()
        page = Page(collection_id=collection.id, place=0, name="a.png", file="a.png", width=900, height=600)
        session.add(page)
        session.flush()
        for number, text in enumerate(TEXTS):
            baseline = [[50, 100 * (number + 1)], [450, 100 * (number + 1)], [850, 100 * (number + 1)]]
            outline = [[50, 100 * number + 80], [850, 100 * number + 80], [850, 100 * number + 108], [50, 100 * number + 108]]
            session.add(Line(page_id=page.id, place=float(number), baseline=baseline, outline=outline, x_height=10.0, text=text))
        return page.id


def at_work(archive: Archive, page_id: int, step, seen=None):
    """Does a step with the versions as they are, or as somebody saw them; returns its change."""
    with archive.writing() as session:
        versions = {line.id: line.version for line in lines_of(session, page_id)} if seen is None else seen
        return step(Desk(session, session.get_one(Page, page_id), versions, drawn))


def texts(archive: Archive, page_id: int) -> list[str]:
    with archive.reading() as session:
        return [line.text for line in lines_of(session, page_id)]


def state(archive: Archive, page_id: int) -> dict[int, dict]:
    """All that is kept of the lines that are there, without their versions."""
    with archive.reading() as session:
        return {line.id: {key: getattr(line, key) for key in SNAPSHOT} for line in lines_of(session, page_id)}


def ids(archive: Archive, page_id: int) -> list[int]:
    with archive.reading() as session:
        return [line.id for line in lines_of(session, page_id)]


def test_an_edit_is_typed_and_counted(archive, page_id):
    first, *_ = ids(archive, page_id)
    change = at_work(archive, page_id, lambda desk: desk.edit(first, {"text": "The first line", "state": DONE}))
    with archive.reading() as session:
        line = session.get_one(Line, first)
        assert (line.text, line.state, line.version, line.is_typed, line.is_drawn) == ("The first line", DONE, 2, True, False)
        kept = session.get_one(Change, change.id)
        assert kept.before[str(first)]["text"] == TEXTS[0] and kept.after[str(first)]["state"] == DONE
        assert "baseline" not in kept.before[str(first)]


def test_who_comes_second_is_told_and_changes_nothing(archive, page_id):
    first, *_ = ids(archive, page_id)
    seen = {first: 1}
    at_work(archive, page_id, lambda desk: desk.edit(first, {"text": "mine"}), seen)
    with pytest.raises(Outdated) as told:
        at_work(archive, page_id, lambda desk: desk.edit(first, {"text": "theirs"}), seen)
    assert told.value.lines[0]["text"] == "mine" and texts(archive, page_id)[0] == "mine"


def test_split_and_join_give_the_text_back(archive, page_id):
    first, *_ = ids(archive, page_id)
    at_work(archive, page_id, lambda desk: desk.split(first, 0.5, len("the first")))
    assert texts(archive, page_id) == ["the first", "line", *TEXTS[1:]]
    left, right = ids(archive, page_id)[:2]
    with archive.reading() as session:
        assert as_found(session.get_one(Line, left)).baseline[-1].tolist() == [450, 100]
        assert as_found(session.get_one(Line, right)).baseline[0].tolist() == [450, 100]
    at_work(archive, page_id, lambda desk: desk.join([right, left]))
    assert texts(archive, page_id) == TEXTS
    with archive.reading() as session:
        assert as_found(session.get_one(Line, left)).baseline.tolist() == [[50, 100], [450, 100], [850, 100]]


def test_lines_are_added_moved_and_taken_away(archive, page_id):
    first, second, third = ids(archive, page_id)
    at_work(archive, page_id, lambda desk: desk.add([[60, 250], [400, 255]], second))
    added = ids(archive, page_id)[2]
    with archive.reading() as session:
        line = session.get_one(Line, added)
        assert line.is_drawn and not line.is_typed and line.x_height == 10.0 and len(line.outline) == 4
    at_work(archive, page_id, lambda desk: desk.move(third, None))
    assert ids(archive, page_id) == [third, first, second, added]
    at_work(archive, page_id, lambda desk: desk.delete([first, added]))
    assert ids(archive, page_id) == [third, second]


@pytest.mark.parametrize(
    ("step", "says"),
    [
        (lambda desk, line: desk.split(line, 1.0, 3), "between its ends"),
        (lambda desk, line: desk.join([line]), "at least two"),
        (lambda desk, line: desk.add([[5, 5], [6, 6]], None), "two points"),
        (lambda desk, line: desk.add([[5000, 5], [9000, 5]], None), "on the page"),
        (lambda desk, line: desk.edit(line + 999, {"text": ""}), "no such line"),
        (lambda desk, line: desk.undo(999), "no such change"),
        (lambda desk, line: desk.move(line, line + 999), "not there any more"),
    ],
)
def test_what_makes_no_sense_is_said(archive, page_id, step, says):
    first, *_ = ids(archive, page_id)
    before = state(archive, page_id)
    with pytest.raises(Mistaken, match=says):
        at_work(archive, page_id, lambda desk: step(desk, first))
    assert state(archive, page_id) == before


def test_undo_is_refused_where_somebody_has_gone_on(archive, page_id):
    first, *_ = ids(archive, page_id)
    change = at_work(archive, page_id, lambda desk: desk.edit(first, {"text": "mine"}))
    at_work(archive, page_id, lambda desk: desk.edit(first, {"text": "theirs"}))
    with pytest.raises(Outdated):
        at_work(archive, page_id, lambda desk: desk.undo(change.id))
    assert texts(archive, page_id)[0] == "theirs"


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["edit", "split", "join", "move", "delete", "add", "baseline"]), st.integers(0, 5), st.floats(0.1, 0.9)
    ),
    min_size=1,
    max_size=8,
)


def do(desk: Desk, kind: str, lines: list[int], number: int, share: float) -> Change:
    """A step of some kind on some line."""
    line = lines[number % len(lines)]
    if kind == "edit":
        return desk.edit(line, {"text": f"text {number} {share:.3f}"})
    if kind == "split":
        return desk.split(line, share, int(20 * share))
    if kind == "join" and len(lines) > 1:
        pair = [line, lines[(number + 1) % len(lines)]]
        try:
            return desk.join(pair)
        except Mistaken:  # one stands below the other
            return desk.move(*pair)
    if kind == "move":
        return desk.move(line, next((other for other in lines if other != line), None))
    if kind == "delete" and len(lines) > 1:
        return desk.delete([line])
    if kind == "baseline":
        return desk.edit(line, {"baseline": [[40, 300 * share], [700, 280 * share]]})
    return desk.add([[40, 500 * share], [400, 520 * share]], line)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_steps_can_be_undone_one_by_one(archive, page_id, steps):
    """Every step is taken back by its undo, and an undo by its own: the page is then as it was at each point."""
    seen, changes = [state(archive, page_id)], []
    for kind, number, share in steps:
        step = partial(do, kind=kind, lines=ids(archive, page_id), number=number, share=share)
        changes.append(at_work(archive, page_id, step))
        seen.append(state(archive, page_id))
    for change, before, after in zip(reversed(changes), reversed(seen[:-1]), reversed(seen[1:]), strict=True):
        undo = at_work(archive, page_id, partial(Desk.undo, change_id=change.id))
        assert state(archive, page_id) == before
        redo = at_work(archive, page_id, partial(Desk.undo, change_id=undo.id))
        assert state(archive, page_id) == after
        at_work(archive, page_id, partial(Desk.undo, change_id=redo.id))
        assert state(archive, page_id) == before


def test_a_store_has_one_server(tmp_path: Path, archive: Archive):
    from base.errors import UserError

    with pytest.raises(UserError, match="another server has it"):
        Archive(archive.folder)


def test_a_split_of_what_was_read_can_be_undone_after_it_was_read_again(archive, page_id):
    first, *_ = ids(archive, page_id)
    before = state(archive, page_id)
    change = at_work(archive, page_id, lambda desk: desk.split(first, 0.5, 9))
    with archive.writing() as session:
        for line in lines_of(session, page_id)[:2]:
            line.text, line.version = "read again", line.version + 1
    at_work(archive, page_id, lambda desk: desk.undo(change.id))
    assert state(archive, page_id) == before


def test_lines_below_each_other_are_not_joined(archive, page_id):
    with pytest.raises(Mistaken, match="one below the other"):
        at_work(archive, page_id, lambda desk: desk.join(ids(archive, page_id)[:2]))


def test_a_line_without_a_text_is_not_done(archive, page_id):
    first, *_ = ids(archive, page_id)
    with pytest.raises(Mistaken, match="without a text"):
        at_work(archive, page_id, lambda desk: desk.edit(first, {"text": " ", "state": DONE}))


def test_texts_are_of_one_line_and_of_characters_that_every_format_has(archive, page_id):
    first, *_ = ids(archive, page_id)
    at_work(archive, page_id, lambda desk: desk.edit(first, {"text": "two\nlines\0 and \x01more"}))
    assert texts(archive, page_id)[0] == "two lines and more"


def test_a_hundred_lines_find_their_place_between_two(archive, page_id):
    first, *_ = ids(archive, page_id)
    after, drawn_lines = first, []
    for number in range(100):
        change = at_work(
            archive, page_id, lambda desk, after=after, number=number: desk.add([[50, 100 + number], [90, 100 + number]], after)
        )
        after = int(next(iter(change.after)))
        drawn_lines.append(after)
    assert ids(archive, page_id)[:101] == [first, *drawn_lines]


def test_numbers_are_never_given_again(archive, page_id):
    """What browsers and folders keep by numbers must not come to belong to something else."""
    with archive.writing() as session:
        session.delete(session.get_one(Page, page_id))
    with archive.writing() as session:
        page = Page(collection_id=1, place=0, name="b.png", file="b.png", width=9, height=9)
        session.add(page)
        session.flush()
        assert page.id > page_id


def test_what_a_crash_left_on_its_way_is_gone_at_the_next_start(archive, database):
    (archive.aside("outgoing") / "half").mkdir()
    (archive.aside("outgoing") / "half" / "page.xml").write_text("x")
    (archive.aside("incoming") / "upload.png").write_text("x")
    archive.close()
    again = Archive(archive.folder, database)
    assert not any(again.aside("outgoing").iterdir()) and not any(again.aside("incoming").iterdir())
    again.close()


def test_a_database_and_its_pictures_belong_together(archive, database, tmp_path):
    from base.errors import UserError

    archive.close()
    (archive.folder / "store.id").write_text("another")
    with pytest.raises(UserError, match="in another folder"):
        Archive(archive.folder, database)


def test_a_database_has_one_server(archive, database, tmp_path):
    from base.errors import UserError

    if database is None:
        pytest.skip("SQLite's database is held with its folder")
    with pytest.raises(UserError, match="another server has this database"):
        Archive(tmp_path / "elsewhere", database)
