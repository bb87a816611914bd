"""Pages that follow from the code: every config key, of the schemas and values in ``configs``, and the tree of the rooms.

MkDocs calls `on_files`. Nothing of the program is imported, so that the documentation needs none of its packages.
"""

import ast
import tokenize
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
CONFIGS = ROOT / "configs"
LAUNCHED = {
    "hydra/launcher": "where the runs of a sweep are done",
    "hydra/sweeper": "how they are chosen; a grid where none is named",
}
GROUPS = {
    "task": "What is done. Each adds keys at the root.",
    "mode": "What happens. Each adds keys at the root.",
    "data": "Where samples come from: `data.<key>`.",
    "model": "Networks: `model.<key>`.",
    "trainer": "How a network is fitted: `trainer.<key>`.",
    "decoder": "From a network's frames to texts: `decoder.<key>`.",
    "callbacks": "What happens beside a training: `callbacks.<key>`.",
    "cluster": "Where the workers of a batch are: `cluster.<key>`.",
    "tracking": "Where a run's numbers and pictures go: `tracking.<key>`.",
}
AT_THE_ROOT = ("task", "mode")
ROOMS = ("base", "configs", "preprocessing", "data_generators", "models", "predictors", "trainers", "callbacks", "utils")


def on_files(files, config):
    """Adds the generated pages."""
    from mkdocs.structure.files import File

    for name, content in (("reference/config.md", config_page()), ("reference/rooms.md", rooms_page())):
        files.append(File.generated(config, name, content=content))
    return files


def config_page() -> str:
    """All keys of all groups, as Markdown."""
    parts = [
        "# Config keys",
        "Every run is composed of one file of each group in `configs`. The command line overrides any key: `key=value`. "
        "`python main.py task=lines --cfg job` prints the values of a run.",
        "## Every run",
        keys_table(CONFIGS / "config.py", CONFIGS / "config.yaml", ""),
    ]
    for group, title in GROUPS.items():
        parts += [f"## {group}", title]
        for values in sorted((CONFIGS / group).glob("*.yaml")):
            prefix = "" if group in AT_THE_ROOT else f"{group}."
            parts += [f"### {group}={values.stem}", head_comment(values), keys_table(values.with_suffix(".py"), values, prefix)]
    parts += ["## experiment", "Complete runs, by `experiment=<name>`; each file's head says its command and what to expect."]
    parts += [table(("name", "what it is"), [(f"`{file.stem}`", head_comment(file)) for file in yaml_files("experiment")])]
    parts += ["## sweep", "Recipes for `--multirun`, by `sweep=<name>`."]
    parts += [table(("name", "what it is"), [(f"`{file.stem}`", head_comment(file)) for file in yaml_files("sweep")])]
    for group, what in LAUNCHED.items():
        parts += [f"## {group}", f"For `--multirun`: {what}."]
        parts += [f"### {group}={file.stem}\n\n```yaml\n{file.read_text('utf-8')}```" for file in yaml_files(group)]
    return "\n\n".join(parts) + "\n"


def yaml_files(group: str) -> list[Path]:
    """The files of a group, by name."""
    return sorted((CONFIGS / group).glob("*.yaml"))


def head_comment(file: Path) -> str:
    """The first paragraph of a YAML file's head comment."""
    lines = []
    for line in file.read_text("utf-8").splitlines():
        if line.startswith("# @package"):
            continue
        text = line.removeprefix("#").strip()
        if not line.startswith("#") or not text:
            break
        lines.append(text)
    return " ".join(lines)


def keys_table(schema: Path, values: Path, prefix: str) -> str:
    """The keys of one config file: type, value, meaning."""
    stated = values_and_comments(values)
    rows = []
    for key, kind, comment in fields_of(schema, "Config"):
        value, remark = stated.get(key, (None, ""))
        if key == "name" or key.split(".")[0] in ("mode", "task"):
            continue
        rows.append((f"`{prefix}{key}`", f"`{kind}`", f"`{value}`" if value is not None else "", remark or comment))
    return table(("key", "type", "value", "meaning"), rows) if rows else "It has no keys."


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table; a bar may stand in code alone."""
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, tuple("---" for _ in head), *rows])


def fields_of(file: Path, name: str) -> Iterator[tuple[str, str, str]]:
    """The fields of a dataclass, those of dataclasses in it by dotted names: key, type, comment."""
    tree, comments = ast.parse(file.read_text("utf-8")), comments_of(file)
    node = next((node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name), None)
    if node is None:
        yield from fields_of(*imported(tree, name))
        return
    for parent in node.bases:
        yield from fields_of(*place_of(tree, file, ast.unparse(parent)))
    for field in node.body:
        if not isinstance(field, ast.AnnAssign):
            continue
        key, kind = ast.unparse(field.target), ast.unparse(field.annotation)
        inner = kind.removesuffix(" | None")
        if inner.rpartition(".")[2][:1].isupper() and inner not in ("Any", "Path"):
            for below, below_kind, comment in fields_of(*place_of(tree, file, inner)):
                yield f"{key}.{below}", below_kind, comment
        else:
            yield key, kind, comments.get(field.lineno, "")


def place_of(tree: ast.Module, file: Path, name: str) -> tuple[Path, str]:
    """The file that a class stands in, as a module names it, and its own name."""
    if any(isinstance(node, ast.ClassDef) and node.name == name for node in tree.body):
        return file, name
    return imported(tree, name)


def imported(tree: ast.Module, name: str) -> tuple[Path, str]:
    """The same for a class that a module imports, by itself or with its module (``lines.Spelling``)."""
    first, _, rest = name.partition(".")
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                if (alias.asname or alias.name) == first:
                    module = f"{node.module}.{alias.name}" if rest else node.module
                    return ROOT / f"{module.replace('.', '/')}.py", rest or alias.name
    raise ValueError(f"no module is imported that has {name}")


def comments_of(file: Path) -> dict[int, str]:
    """The comments of a Python file by their lines."""
    with file.open("rb") as stream:
        tokens = [token for token in tokenize.tokenize(stream.readline) if token.type == tokenize.COMMENT]
    return {token.start[0]: token.string.lstrip("# ") for token in tokens}


def values_and_comments(file: Path) -> dict[str, tuple[str | None, str]]:
    """The values of a YAML file by dotted keys, each with the comment behind it; what the file builds on counts too."""
    text = file.read_text("utf-8")
    found: dict[str, tuple[str | None, str]] = {}
    for entry in (yaml.safe_load(text) or {}).get("defaults", []):
        if isinstance(entry, str) and (below := file.parent / f"{entry.removesuffix('@_here_')}.yaml").is_file():
            found |= values_and_comments(below)
    root = yaml.compose(text)
    if root is not None:
        found |= dict(stated_in(root, text, ""))
    return found


def stated_in(node: yaml.MappingNode, text: str, prefix: str) -> Iterator[tuple[str, tuple[str | None, str]]]:
    """The keys of a mapping in a YAML text, those of mappings in it by dotted names: value, None for a mapping; comment."""
    lines = text.splitlines()
    for key, value in node.value:
        name, line, is_mapping = f"{prefix}{key.value}", lines[key.start_mark.line], isinstance(value, yaml.MappingNode)
        is_block = is_mapping and not value.flow_style
        behind = line[key.end_mark.column + 1 if is_block else value.end_mark.column :].strip()
        shown = None if is_mapping else " ".join(text[value.start_mark.index : value.end_mark.index].split())
        yield name, (shown, behind.lstrip("# ") if behind.startswith("#") else "")
        if is_mapping:
            yield from stated_in(value, text, f"{name}.")


def rooms_page() -> str:
    """The tree of the rooms, a line each, of the docstrings of their packages and modules."""
    parts = [
        "# The rooms",
        "Each room's face shows its components, one a task, an architecture, a source. What `mode=` runs stands in `modes/`, "
        "what evaluations print in `reports/`, and what several components share in folders named for what they do.",
        "Arrows point one way: main → trainers → predictors → data_generators and models → configs → preprocessing and "
        "callbacks → utils → base. `tests/test_rooms.py` draws the import graph and holds that order.",
        table(("folder", "what it is"), [row for room in ROOMS for row in tree_of(ROOT / room)]),
    ]
    for room in ROOMS:
        if room != "configs":
            parts += [f"## {room}", modules_table(ROOT / room)]
    return "\n\n".join(parts) + "\n"


def tree_of(folder: Path) -> list[tuple[str, ...]]:
    """A row for a folder, and those of the folders below it: where it is, what it is."""
    below = sorted(path for path in folder.iterdir() if (path / "__init__.py").is_file())
    row = (f"`{folder.relative_to(ROOT)}/`", summary(folder / "__init__.py"))
    return [row, *(row for path in below for row in tree_of(path))]


def modules_table(room: Path) -> str:
    """Every module of a room with the first line of its docstring."""
    files = sorted(file for file in room.rglob("*.py") if file.name != "__init__.py")
    return table(("module", "what it is"), [(f"`{file.relative_to(ROOT)}`", summary(file)) for file in files])


def summary(file: Path) -> str:
    """The first line of a module's docstring."""
    return (ast.get_docstring(ast.parse(file.read_text("utf-8"))) or "").split("\n")[0].replace("``", "`")
