"""Which lines of a collection to correct next."""

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from predictors.reading.ranking import Candidate, rank
from predictors.workbench.store.tables import OPEN, Line, Page, unpacked

POOL = 4.0  # times as many of the most doubtful lines are chosen among; as mode=annotate_next does


def next_lines(session: Session, collection_id: int, count: int) -> list[Line]:
    """The untyped lines from which a reader would learn most, the first to correct first; see mode=annotate_next."""
    untyped = (Line.is_deleted.is_(False), Line.is_typed.is_(False), Line.state == OPEN, Line.content.is_not(None))
    chosen = (
        select(Line)
        .join(Page)
        .where(Page.collection_id == collection_id, *untyped)
        .order_by(Line.doubt.desc(), Line.id)
        .limit(round(POOL * count))
        .options(undefer(Line.content))
    )
    lines = list(session.scalars(chosen))
    sizes = {len(line.content or "") for line in lines}
    if len(sizes) != 1:  # they were read by readers of several charsets, or there are none: what they hold cannot be compared
        return lines[:count]
    candidates = [
        Candidate(place, line.text, line.confidence or 0.0, line.doubt or 0.0, unpacked(line.content or ""))
        for place, line in enumerate(lines)
    ]
    return [lines[found.index] for found in rank(candidates, "doubt_and_variety", min(count, len(lines)), POOL, seed=0)]
