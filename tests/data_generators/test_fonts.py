"""mode=fonts lists, shows, checks and takes fonts."""

import shutil

import pytest

from base.errors import PartialFailure, UserError
from data_generators.modes.fonts import show_fonts
from data_generators.synthesis.writing.fonts import all_families
from tests.conftest import config

METADATA = """name: "{name}"
category: "{category}"
fonts {{
  filename: "{file}"
}}
subsets: "latin"
subsets: "menu"
"""


@pytest.fixture
def checkout(workplace):
    """Three families as google/fonts has them."""
    for name, category in (("caveat", "HANDWRITING"), ("kalam", "HANDWRITING"), ("lora", "SERIF")):
        source = next(family.files[0] for family in all_families(None) if family.name == name)
        folder = workplace / "gf/ofl" / name
        folder.mkdir(parents=True)
        shutil.copy(source, folder / source.name)
        (folder / "OFL.txt").write_text("licence")
        (folder / "METADATA.pb").write_text(METADATA.format(name=name, category=category, file=source.name))
    return workplace / "gf"


def test_families_are_taken_by_category(checkout, workplace, capsys):
    show_fonts(config("mode=fonts", "checkout=gf", "output=taken", "languages=[en]"))
    families = all_families(workplace / "taken")
    assert [(family.name, family.hand, len(family.files)) for family in families] == [
        ("caveat", "handwriting", 1),
        ("kalam", "handwriting", 1),
    ]
    assert (workplace / "taken/handwriting/caveat/OFL.txt").is_file()
    assert (workplace / "taken/fonts.png").is_file()
    assert "2 families copied" in capsys.readouterr().out
    show_fonts(config("mode=fonts", "checkout=gf", "output=one", "most_families=1", "languages=[en]"))
    assert len(all_families(workplace / "one")) == 1


def test_mistakes(checkout, workplace, capsys):
    with pytest.raises(UserError, match="none of its 3 families is HANDWRITING with the subset korean"):
        show_fonts(config("mode=fonts", "checkout=gf", "subset=korean", "output=x"))
    (workplace / "empty").mkdir()
    with pytest.raises(UserError, match=r"there is no METADATA\.pb"):
        show_fonts(config("mode=fonts", "checkout=empty", "output=x"))
    with pytest.raises(UserError, match="no fonts in empty"):
        show_fonts(config("mode=fonts", "fonts=empty", "output=x"))
    shutil.copytree(checkout / "ofl/caveat", workplace / "f/handwriting/caveat")
    (workplace / "f/handwriting/caveat/broken.ttf").write_text("no font")
    with pytest.raises(PartialFailure, match=r"broken\.ttf: it is not a TrueType or OpenType font"):
        show_fonts(config("mode=fonts", "fonts=f", "output=x", "languages=[en]"))
    (workplace / "charset.txt").write_text("ab한")
    with pytest.raises(PartialFailure, match=r"no font can draw 한 \(U\+D55C\)"):
        show_fonts(config("mode=fonts", "fonts=f", "output=x", "charset=charset.txt"))
    rows = (workplace / "x/fonts.tsv").read_text("utf-8").splitlines()
    assert len(rows) == 3 and any("한" in row for row in rows)
