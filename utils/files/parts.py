"""Large files in parts, for ways that carry only small ones."""

from pathlib import Path

PART_BYTES = 16 * 2**20 - 4096


def write_parts(path: Path, content: bytes) -> list[Path]:
    """Writes ``path`` as ``<name>.000``, ``<name>.001`` and so on, each below 16 MiB; older parts go."""
    for old in parts_of(path):
        old.unlink()
    pieces = [content[first : first + PART_BYTES] for first in range(0, max(1, len(content)), PART_BYTES)]
    paths = [path.with_name(f"{path.name}.{number:03d}") for number in range(len(pieces))]
    for part, piece in zip(paths, pieces, strict=True):
        part.write_bytes(piece)
    return paths


def parts_of(path: Path) -> list[Path]:
    """The parts of a file that lie beside where it would be, in their order."""
    return sorted(part for part in path.parent.glob(f"{path.name}.*") if part.suffix[1:].isdigit())


def read_parts(path: Path) -> bytes | None:
    """The content of a file that was written in parts; None where a part is missing or there are none."""
    found = parts_of(path)
    if [int(part.suffix[1:]) for part in found] != list(range(len(found))) or not found:
        return None
    return b"".join(part.read_bytes() for part in found)
