"""Charts for reports, by Matplotlib, as RGB pictures."""

from typing import Any

import numpy as np

from utils.drawing.korean_font import korean_font


def reliability_chart(tables: dict[str, np.ndarray]) -> np.ndarray:
    """RGB uint8 (H, W, 3): confidence against what is right, a line for each name.

    Tables are as `utils.metrics.calibration.reliability` returns them.
    """
    figure, axes = _figure("confidence", "part that is right")
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    for name, table in tables.items():
        filled = table[table[:, 2] > 0]
        axes.plot(filled[:, 0], filled[:, 1], marker="o", markersize=3, label=name)
    axes.legend()
    return _picture(figure)


def rejection_chart(curve: np.ndarray, chosen: float | None) -> np.ndarray:
    """RGB uint8 (H, W, 3): what remains if the least sure are left to a person; `utils.metrics.calibration.accepted_errors`."""
    figure, axes = _figure("part of the lines that are accepted", "CER among them")
    axes.plot(curve[:, 1], curve[:, 2], linewidth=1.5)
    if chosen is not None:
        accepted = float((curve[:, 0] >= chosen).mean())
        axes.axvline(accepted, color="0.5", linestyle="--", linewidth=1)
        axes.set_title(f"reject_below={chosen}: {accepted:.0%} accepted", fontsize=9)
    axes.set_ylim(bottom=0)
    return _picture(figure)


def rounds_chart(series: dict[str, np.ndarray]) -> np.ndarray:
    """Parts of one, 0..1, by round: points (n, 2) for each name."""
    figure, axes = _figure("round", "")
    for name, points in series.items():
        axes.plot(points[:, 0], points[:, 1], marker="o", markersize=3, label=name)
    axes.set_ylim(0, 1)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(fontsize=7)
    return _picture(figure)


def scatter_chart(points: np.ndarray, across: str, up: str) -> np.ndarray:
    """Points (n, 2), the larger the more of them lie in one place, with the line where both are equal."""
    figure, axes = _figure(across, up)
    places, counts = np.unique(points, axis=0, return_counts=True)
    axes.scatter(places[:, 0], places[:, 1], s=6 * np.sqrt(counts))
    end = max(1, int(points.max(initial=0)))
    axes.plot([0, end], [0, end], color="0.7", linewidth=1)
    return _picture(figure)


def confusion_chart(counts: dict[tuple[str, str], int], most: int) -> np.ndarray:
    """RGB uint8 (H, W, 3), the most frequent confusions as bars."""
    chosen = sorted(counts.items(), key=lambda item: -item[1])[:most][::-1]
    figure, axes = _figure("times", "")
    names = [f"{_shown(stood)} read as {_shown(taken)}" for (stood, taken), _ in chosen]
    axes.barh(names, [count for _, count in chosen])
    axes.tick_params(axis="y", labelsize=7)
    return _picture(figure)


def confusion_matrix_chart(counts: np.ndarray, names: list[str], title: str) -> np.ndarray:
    """RGB uint8 (H, W, 3): which class was taken for which, in per cent of the true one; counts (true, taken)."""
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

    path = korean_font()
    font = FontProperties(fname=str(path), size=9) if path else FontProperties(size=9)
    figure = Figure(figsize=(0.27 * len(names) + 1.6, 0.27 * len(names) + 1.4), dpi=110, layout="constrained")
    axes = figure.subplots()
    parts = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(np.sqrt(parts), cmap="Blues", vmin=0, vmax=10)
    for row, column in zip(*np.nonzero(parts >= 0.05), strict=True):
        value = parts[row, column]
        text = f"{value:.0f}" if value >= 0.95 else f"{value:.1f}"[1:]
        axes.text(column, row, text, ha="center", va="center", fontsize=4.5, color="white" if value > 50 else "black")
    for set_ticks in (axes.set_xticks, axes.set_yticks):
        set_ticks(range(len(names)), names, fontproperties=font)
    axes.set_xlabel("read as")
    axes.set_ylabel("true")
    axes.set_title(f"{title}, per cent of each true class", fontsize=9)
    return _picture(figure)


def _shown(character: str) -> str:
    return {"": "nothing", " ": "space", "$": r"\$"}.get(character, character)


def _figure(across: str, up: str) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4.5), dpi=110, layout="constrained")
    axes = figure.subplots()
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.grid(alpha=0.3)
    return figure, axes


def _picture(figure: Any) -> np.ndarray:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
