"""What a request may decide for itself, in its query: of each task the keys that cost no other network."""

from collections.abc import Iterable, Mapping
from typing import Any

from base.registry import PAGE_FORMATS
from base.types import FAMILIES
from configs.mode.serve import DEFAULT_READER
from predictors.serving.uploads import Refused
from utils.configuration.check import schema
from utils.language.shipped import NO_LANGUAGE, shipped_languages

FLAGS = ("shown", "explain")
SEVERAL = ("remove", "formats")  # values between which commas stand


def choices(key: str) -> list[str]:
    """The values that a key may have in a query; none where it may not stand there."""
    known = {
        "language": [*shipped_languages(), NO_LANGUAGE],
        "decoder": ["greedy", "beam"],
        "erase": ["auto", "always", "never"],
        "remove": list(FAMILIES),
        "formats": PAGE_FORMATS.names(),
    }
    return known.get(key, [])


def parameters_of(task: str, readers: Iterable[str] = (DEFAULT_READER,)) -> dict[str, list[str]]:
    """The keys that requests of a task may set, each with its values; its readers among them, where there are several."""
    keys = [key for key in schema("task", task).OF_PREDICTION if key != "reader"]
    reads = ["decoder"] if "language" in keys and "formats" not in keys else []
    names = list(readers)
    several = {"reader": names} if len(names) > 1 else {}
    return several | {key: values for key in [*keys, *reads] if (values := choices(key))}


def asked_in(query: Iterable[tuple[str, str]], known: Mapping[str, list[str]]) -> dict[str, Any]:
    """The options in a query.

    Args:
        query: names and values.
        known: see `parameters_of`.

    Raises:
        Refused: a name is unknown, or a value is none of its own.
    """
    asked: dict[str, Any] = {}
    for key, value in query:
        if key in FLAGS:
            continue
        if key not in known:
            raise Refused(400, f"unknown parameter {key}: there are {', '.join([*FLAGS, *known])}")
        values = value.split(",") if key in SEVERAL else [value]
        for each in values:
            if each not in known[key]:
                raise Refused(400, f"{key}={each}: choose among {', '.join(known[key])}")
        asked[key] = sorted(set(values)) if key in SEVERAL else {"name": value} if key == "decoder" else value
    return asked


def described(known: Mapping[str, list[str]]) -> list[dict[str, Any]]:
    """The parameters as OpenAPI describes them."""
    return [
        {
            "name": key,
            "in": "query",
            "required": False,
            "description": "several, with commas between" if key in SEVERAL else "",
            "schema": {"type": "string"} if key in SEVERAL else {"type": "string", "enum": values},
        }
        for key, values in known.items()
    ]
