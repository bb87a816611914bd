"""A font for Korean labels in pictures and charts."""

from functools import lru_cache
from pathlib import Path

from base.registry import ROOT

CANDIDATES = (
    ROOT / "node_modules" / "@expo-google-fonts" / "nanum-gothic" / "400Regular" / "NanumGothic_400Regular.ttf",
    Path("/usr/share/fonts/truetype/nanum/NanumGothic.ttf"),
    Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
    ROOT / "fonts" / "debian" / "usr" / "share" / "fonts" / "truetype" / "nanum" / "NanumGothic.ttf",
)
BLOCKS = (("\u1100", "\u11ff"), ("\u3130", "\u318f"), ("\uac00", "\ud7a3"))  # conjoining jamo, jamo, syllables


@lru_cache(maxsize=1)
def korean_font() -> Path | None:
    """The first such font that is there: that of `make fonts`, else the system's; None where there is none."""
    return next((path for path in CANDIDATES if path.is_file()), None)


def needs_korean(text: str) -> bool:
    """Whether a text has Korean letters."""
    return any(first <= character <= last for character in text for first, last in BLOCKS)
