"""What the language models say of a text."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, StringConstraints

from base.errors import UserError
from predictors.workbench.bench import Workbench
from predictors.workbench.routes.common import ERRORS, LONGEST_TEXT, PREFIX, from_our_page
from predictors.workbench.work.spelling import unusual_words
from utils.language.shipped import NO_LANGUAGE, shipped_languages

ANY_LANGUAGE = "mixed"


class Typed(BaseModel):
    """A text that somebody has typed, and its language; none for any."""

    text: Annotated[str, StringConstraints(max_length=LONGEST_TEXT)]
    language: str | None = None


def language_router(bench: Workbench) -> APIRouter:
    """The routes about language."""
    router = APIRouter(prefix=PREFIX, tags=["language"], responses=ERRORS)

    @router.post(
        "/spelling", summary="Which words of a text are unusual: from where to where", dependencies=[Depends(from_our_page)]
    )
    def spelling(typed: Typed) -> dict[str, Any]:
        language = typed.language or ANY_LANGUAGE
        if language == NO_LANGUAGE:
            return {"unusual": []}
        if language not in shipped_languages():
            raise UserError(f"there is no language model {language}")
        return {"unusual": unusual_words(typed.text, language)}

    return router
