"""The language models that ship: by name, or any file."""

from pathlib import Path

from base.errors import UserError
from base.registry import ROOT

FOLDER = ROOT / "experiments/pretrained/language"
SUFFIX = ".npz"
NO_LANGUAGE = "none"


def shipped_languages() -> list[str]:
    """Their names: languages by their ISO 639-1 codes, and ``mixed``."""
    return sorted(path.stem for path in FOLDER.glob(f"*{SUFFIX}"))


def language_model(name: str) -> Path:
    """The file of a model: the shipped one of this name, or the file that the name is a path of."""
    return FOLDER / f"{name}{SUFFIX}" if name in shipped_languages() else Path(name)


def check_language(language: str | None) -> None:
    """Raises UserError for a language that has no model here."""
    if language not in (None, NO_LANGUAGE) and not language_model(str(language)).is_file():
        raise UserError(
            f"language={language}: choose one of {', '.join(shipped_languages())}, or {NO_LANGUAGE}, or name a file of "
            "mode=learn_text (characters.npz)"
        )
