"""What the command line says and how it is read: help, mistakes, and paths as people type them."""

import importlib
import os
import re
from difflib import get_close_matches
from pathlib import Path

from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import Container
from omegaconf.errors import GrammarParseError, InterpolationKeyError, MissingMandatoryValue, OmegaConfBaseException

from base.errors import UserError
from base.registry import unknown_name

PATH_KEYS = {
    *("input", "output", "weights", "corpus", "charset", "fonts", "checkout", "text"),
    *("data.root", "data.fonts", "data.charset", "data.artifacts.patches", "trainer.init", "trainer.resume", "trainer.distil"),
    *("decoder.model", "decoder.words", "spelling.words", "reader", "eraser", "parts.eraser", "parts.reader", "store"),
    *("data.split.files.train", "data.split.files.val", "data.split.files.test"),
}
PATH_LISTS = {"competitors"}
PATH_BEGINNINGS = ("weights.",)
HOME_IN_LIST = r"(^|[\[,]\s*)(~[^,\]\s/]*)"
PATH_ENDINGS = (".root", ".folder", ".file", ".model")  # of parts of a mixture, of text samplers
OPTIONS = (
    *(
        "--help",
        "-h",
        "--hydra-help",
        "--version",
        "--cfg",
        "-c",
        "--resolve",
        "--package",
        "-p",
        "--run",
        "-r",
        "--multirun",
        "-m",
    ),
    *("--shell-completion", "-sc", "--config-path", "-cp", "--config-name", "-cn", "--config-dir", "-cd", "--info", "-i"),
    "--experimental-rerun",
)
TAKE_A_VALUE = (
    *("--cfg", "-c", "--package", "-p", "--info", "-i"),
    *("--config-path", "-cp", "--config-name", "-cn", "--config-dir", "-cd"),
)
GROUPS = (
    "mode",
    "task",
    "model",
    "decoder",
    "experiment",
    "sweep",
    "hydra/launcher",
    "hydra/sweeper",
    "data",
    "data/preset",
    "data/text",
    "data/artifacts",
    "trainer",
    "callbacks",
    "cluster",
    "tracking",
)


def show_help(configs: Path) -> str:
    """What there is to choose from, a line each, read from the head comments of the config files."""
    lines = [
        "usage: python main.py [mode=MODE] task=TASK [model=MODEL] [key=value ...] [--multirun]",
        "       python main.py mode=check_data data=folder data.root=DIR     (and other modes on data alone)",
        "       python main.py task=eraser --cfg job --resolve     shows every key of a run",
        "",
    ]
    for group in GROUPS:
        files = sorted((configs / group).glob("*.yaml"))
        if files:
            lines.append(f"{group}=")
            lines += [f"  {file.stem:<20} {head_comment(file)}" for file in files]
    return "\n".join(lines)


def head_comment(file: Path) -> str:
    """The first comment line of a config file that is not a Hydra directive."""
    comments = (line[1:].strip() for line in file.read_text("utf-8").splitlines() if line.startswith("#"))
    return next((comment for comment in comments if not comment.startswith("@")), "")


def quote_paths(arguments: list[str]) -> list[str]:
    """Quotes the values of path keys so that Hydra takes any file name, and puts the home folder in the place of ``~``.

    Values that are quoted already stay, and so do lists of values in a multirun.
    """
    multirun = any(argument in ("--multirun", "-m") for argument in arguments)
    return [_quote(argument, multirun) for argument in arguments]


def _with_home(found: re.Match) -> str:
    return found[1] + os.path.expanduser(found[2])  # noqa: PTH111  # of nobody's home it says nothing


def _quote(argument: str, multirun: bool) -> str:
    key, equals, value = argument.partition("=")
    plain = key.lstrip("+")
    if plain in PATH_LISTS or (multirun and "," in value):
        return f"{key}{equals}{re.sub(HOME_IN_LIST, _with_home, value)}"
    is_path = plain in PATH_KEYS or plain.startswith(PATH_BEGINNINGS) or key.endswith(PATH_ENDINGS)
    if not equals or not is_path or value in ("", "null") or value[0] in "'\"":
        return argument
    value = os.path.expanduser(value)  # noqa: PTH111  # a path that cannot be one stays as it is
    escaped = re.sub(r"(\\+)(?=$|')", lambda slashes: slashes.group(1) * 2, value).replace("'", "\\'")
    return f"{key}='{escaped}'"


def how_to_go_on(arguments: list[str]) -> str:
    """What to do after a command was stopped, as its mode's schema says in ``WHEN_STOPPED``."""
    named = next((argument.partition("=")[2] for argument in arguments if argument.startswith("mode=")), "train")
    known = named in _choices(Path(__file__).parent.parent.parent / "configs", "mode")
    schema = importlib.import_module(f"configs.mode.{named}") if known else None
    return getattr(schema, "WHEN_STOPPED", "the same command begins anew")


def refuse_words(arguments: list[str], configs: Path) -> None:
    """Raises UserError for an argument that is neither ``key=value`` nor an option, and says what it may have meant."""
    before = ""
    for argument in arguments:
        option, before = before, argument
        if argument.startswith("-"):
            if argument.partition("=")[0] not in OPTIONS:
                raise UserError(unknown_name("option", argument.partition("=")[0], list(OPTIONS)))
        elif "=" not in argument and not argument.startswith("~") and option not in TAKE_A_VALUE:
            groups = [group for group in ("mode", "task", "experiment", "model") if argument in _choices(configs, group)]
            meant = " or ".join(f"{group}={argument}" for group in groups)
            hint = f"did you mean {meant}?" if meant else "arguments are key=value, such as task=lines"
            raise UserError(f"{argument}: {hint}")


def explain(mistake: Exception, configs: Path) -> str:
    """One line for a mistake that Hydra or OmegaConf found, with the closest valid name."""
    cause: BaseException = mistake
    while isinstance(cause.__cause__, OmegaConfBaseException | HydraException):
        cause = cause.__cause__
    if isinstance(cause, MissingConfigException):
        return _unknown_choice(cause, configs)
    text = str(mistake).splitlines()[0]
    absent_default = re.search(r"You must specify '(\S+?)'", str(mistake))
    if absent_default:
        group = absent_default.group(1)
        return f"{group}= is missing: choose one of {', '.join(_choices(configs, group))}"
    if isinstance(cause, MissingMandatoryValue):
        return f"{cause.full_key}= is missing: this command needs it"
    unknown_key = re.search(r"Could not override '([^']+)'", str(mistake))
    if unknown_key and isinstance(cause, OmegaConfBaseException) and isinstance(cause.parent_node, Container):
        return _unknown_key(unknown_key.group(1), str(cause.key), [str(key) for key in cause.parent_node])
    unknown_group = re.search(r"Could not override '([^']+)'.*No match in the defaults list", str(mistake), re.DOTALL)
    if unknown_group:
        return unknown_name("config group", unknown_group.group(1), list(GROUPS))
    if isinstance(cause, InterpolationKeyError | GrammarParseError):
        return f"{cause.full_key or text}: ${{...}} stands for another key; for such a file name, give its folder or a glob"
    if isinstance(cause, OverrideParseException) or "LexerNoViableAlt" in text:
        override = cause.override if isinstance(cause, OverrideParseException) else text.partition(": ")[2]
        return f"cannot read {override}: put a value with special characters in quotes, as in \"key='a, b'\""
    return " ".join(str(mistake).split())


def _choices(configs: Path, group: str) -> list[str]:
    return sorted(file.stem for file in (configs / group).glob("*.yaml"))


def _unknown_choice(mistake: MissingConfigException, configs: Path) -> str:
    group, _, name = str(mistake.missing_cfg_file or "").rpartition("/")
    return unknown_name(group or "config", name, sorted({*_choices(configs, group), *(mistake.options or [])}))


def _unknown_key(full: str, key: str, known: list[str]) -> str:
    if not known:
        return f"{full} is empty: put + before the key to add to it"
    close = get_close_matches(key, known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(close)}? " if close else ""
    return f"unknown key {full}: {hint}(there are: {', '.join(sorted(known))})"
