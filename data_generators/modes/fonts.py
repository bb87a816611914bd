"""mode=fonts: what fonts there are, what they look like, and what they can really draw."""

import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import cv2
from omegaconf import DictConfig

from base.errors import PartialFailure, UserError
from base.report import Table
from data_generators.synthesis.ranges import split_of
from data_generators.synthesis.writing.fonts import FontFamily, all_families, can_draw, maps, open_problem
from data_generators.synthesis.writing.hand import set_line
from data_generators.synthesis.writing.text import word_lists
from preprocessing.text.charset import Charset
from utils.drawing.pictures import captioned, contact_sheet, save_picture
from utils.files.whole import write_text, written_whole
from utils.runs.progress import progress

X_HEIGHT_PX = 20.0
MOST_NAMED = 12


@dataclass
class Checked:
    """What one font file is like.

    Attributes:
        path: the file.
        problem: why it cannot be used, or nothing.
        lacking: characters that it has no ink for.
        hollow: those of them that its character map claims to have.
    """

    path: Path
    problem: str = ""
    lacking: list[str] = field(default_factory=list)
    hollow: list[str] = field(default_factory=list)


def show_fonts(cfg: DictConfig) -> None:
    """Prints a line for each family; writes ``fonts.tsv`` (every file) and ``fonts.png``.

    Raises:
        UserError: no fonts, an empty checkout, or a character that no font has.
        PartialFailure: some files are not fonts that can be opened.
    """
    output = Path(cfg.output)
    if cfg.checkout:
        take_families(Path(cfg.checkout), output, cfg.category, cfg.subset, cfg.most_families)
    folder = output if cfg.checkout else Path(cfg.fonts) if cfg.fonts else None
    families = all_families(folder)
    wanted = characters_of(cfg)
    checked = {family: [check_font(path, wanted) for path in family.files] for family in progress(families, "families")}
    write_table(output / "fonts.tsv", checked)
    draw_sheet(output / "fonts.png", checked, cfg.text)
    print_table(checked, wanted)
    print(f"every file: {output / 'fonts.tsv'}\nlook at: {output / 'fonts.png'}")
    files = [result for results in checked.values() for result in results]
    nowhere = [character for character in wanted if all(character in result.lacking or result.problem for result in files)]
    if nowhere and cfg.charset:
        named = " ".join(f"{character} (U+{ord(character):04X})" for character in nowhere[:MOST_NAMED])
        raise PartialFailure(f"no font can draw {named}: add fonts that have them, or leave them out of the charset")
    broken = [result for result in files if result.problem]
    if broken:
        raise PartialFailure(f"{len(broken)} files cannot be used: {broken[0].path}: {broken[0].problem}")


def characters_of(cfg: DictConfig) -> list[str]:
    """The characters to look for: a charset's, or those of the languages' words in both cases."""
    if cfg.charset:
        return [character for character in Charset.read(Path(cfg.charset)).characters if not character.isspace()]
    words = [word for listed in word_lists(None, list(cfg.languages), None, 1.0).values() for word in listed.words]
    letters = set("".join(words)) | set("".join(words).upper()) | set("0123456789.,;:!?-'\"()")
    return sorted(character for character in letters if not character.isspace())


def check_font(path: Path, wanted: list[str]) -> Checked:
    """Tries every character; a font has what it has ink for, whatever its character map says."""
    problem = open_problem(path)
    if problem:
        return Checked(path, problem)
    lacking = [character for character in wanted if not can_draw(path, character)]
    return Checked(path, "", lacking, [character for character in lacking if maps(path, character)])


def print_table(checked: dict[FontFamily, list[Checked]], wanted: list[str]) -> None:
    """A line for each family."""
    table = Table(
        f"{len(checked)} families, {len(wanted)} characters looked for",
        ["family", "hand", "split", "files", "has", "claims but does not draw"],
    )
    for family, results in checked.items():
        usable = [result for result in results if not result.problem]
        lacking = min((len(result.lacking) for result in usable), default=len(wanted))
        hollow = sorted({character for result in usable for character in result.hollow})
        has = f"{100 * (1 - lacking / max(len(wanted), 1)):.0f}%" if usable else "cannot be opened"
        more = "" if len(hollow) <= MOST_NAMED else f" and {len(hollow) - MOST_NAMED} more"
        table.rows.append(
            [family.name, family.hand, split_of(family.name), str(len(family.files)), has, " ".join(hollow[:MOST_NAMED]) + more]
        )
    print(table.text())


def write_table(path: Path, checked: dict[FontFamily, list[Checked]]) -> None:
    """A row for each file."""
    rows = ["family\thand\tsplit\tfile\tproblem\tlacking\tclaims_but_does_not_draw"]
    for family, results in checked.items():
        for result in results:
            lists = ("".join(result.lacking), "".join(result.hollow))
            rows.append("\t".join([family.name, family.hand, split_of(family.name), str(result.path), result.problem, *lists]))
    write_text(path, "".join(f"{row}\n" for row in rows))


def draw_sheet(path: Path, checked: dict[FontFamily, list[Checked]], text: str) -> None:
    """The text in every family, without the words that it cannot draw."""
    rows = []
    for family, results in checked.items():
        usable = next((result.path for result in results if not result.problem), None)
        if usable is None:
            continue
        words = [word for word in text.split() if all(can_draw(usable, character) for character in word)]
        if words:
            strip = set_line(usable, words, X_HEIGHT_PX, word_spacing=0.7, letter_spacing=0.0)
            picture = cv2.copyMakeBorder(255 - strip.coverage, 4, 4, 8, 8, cv2.BORDER_CONSTANT, value=255)
            rows.append(captioned(picture, f"{family.name} · {family.hand} · {split_of(family.name)}"))
    if not rows:
        raise UserError("none of the fonts can draw a word of the text: name another text=")
    save_picture(path, contact_sheet(rows))


def take_families(checkout: Path, output: Path, category: str, subset: str, most: int | None) -> None:
    """Copies the families of a category and a subset from a google/fonts checkout, licences included.

    Raises:
        UserError: the checkout has no METADATA.pb, or no family fits.
    """
    described = sorted(checkout.rglob("METADATA.pb"))
    if not described:
        raise UserError(f"checkout={checkout}: there is no METADATA.pb in it; it must be a checkout of google/fonts")
    hand = "handwriting" if category == "HANDWRITING" else "print"
    fitting = [path for path in described if _fits(path.read_text("utf-8", "replace"), category, subset)][:most]
    if not fitting:
        raise UserError(f"checkout={checkout}: none of its {len(described)} families is {category} with the subset {subset}")
    for path in fitting:
        target = output / hand / path.parent.name
        target.mkdir(parents=True, exist_ok=True)
        for name in [*re.findall(r'filename:\s*"([^"/\\]+)"', path.read_text("utf-8", "replace")), "OFL.txt", "LICENSE.txt"]:
            if (path.parent / name).is_file():
                with written_whole(target / name) as aside:
                    shutil.copyfile(path.parent / name, aside)
    print(f"{len(fitting)} families copied to {output / hand}")


def _fits(metadata: str, category: str, subset: str) -> bool:
    """Whether a family's METADATA.pb (text protobuf) states the category and the subset."""
    categories = re.findall(r'^(?:category|classifications):\s*"?(\w+)"?', metadata, re.MULTILINE)
    return category in [name.upper() for name in categories] and subset in re.findall(
        r'^subsets:\s*"([^"]+)"', metadata, re.MULTILINE
    )
