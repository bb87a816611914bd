"""What an evaluation says: numbers, tables, pictures."""

from dataclasses import dataclass, field

import numpy as np


@dataclass
class Table:
    """A table for people: a title, column heads, and rows of text."""

    title: str
    columns: list[str]
    rows: list[list[str]] = field(default_factory=list)

    def text(self) -> str:
        """The table in aligned columns."""
        lines = [self.columns, *self.rows]
        widths = [max(len(line[place]) for line in lines) for place in range(len(self.columns))]
        drawn = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
        return "\n".join([self.title, drawn[0], "  ".join("-" * width for width in widths), *drawn[1:]])

    def markdown(self) -> str:
        """The table as Markdown."""
        head = "| " + " | ".join(self.columns) + " |"
        rule = "|" + "---|" * len(self.columns)
        return "\n".join([head, rule, *("| " + " | ".join(row) + " |" for row in self.rows)])


@dataclass
class Report:
    """The result of an evaluation.

    Attributes:
        metrics: names to numbers; what ``metrics.json`` holds and a tracker logs.
        tables: what is printed.
        figures: file names to RGB uint8 pictures (H, W, 3).
        split: what was measured, in words.
        files: file names to their text.
    """

    metrics: dict[str, float]
    tables: list[Table] = field(default_factory=list)
    figures: dict[str, np.ndarray] = field(default_factory=dict)
    split: str = ""
    files: dict[str, str] = field(default_factory=dict)
