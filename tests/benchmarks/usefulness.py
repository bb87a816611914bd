"""Is the synthetic handwriting of use? The same small reader, trained the same number of steps on different renderings
of the same texts, reads real lines that it was never trained on.

    python -m tests.benchmarks.usefulness --steps 3000 --root DIR hooker_en copiste_fr

DIR holds folders with labels.tsv; their val splits are read. ``plain`` draws fonts as common generators do.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import numpy as np
from keras import layers, ops

from base.registry import SOURCES
from base.report import Table
from base.source import BaseSource
from data_generators.batches.lines import LineBatch, LineBatches
from data_generators.batches.plan import LineShape
from data_generators.sources.reading.opening import sample_rng
from preprocessing.line_image import level_paper, scale_line, upright_line, width_at
from preprocessing.text.charset import Charset
from tests.conftest import config
from utils.metrics.text import character_error_rate, word_error_rate

CHARSET = Charset.of(
    [" !\"'(),-.0123456789:;?", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "àâäçèéêëîïôöùûüœæÀÂÇÈÉÊÎÔ«»£&°"]
)
FRAME_PX = 4
SHAPE = LineShape(height_px=48, batch_px=12_000, strength="none")
RENDERINGS = {
    "plain": ["+data/preset@data.presets.plain=plain", "data.preset=plain"],
    "palimpsest": [],
}


class Reader(keras.Model):
    """A small convolutional CTC reader, 0.9M parameters."""

    def __init__(self) -> None:
        super().__init__()
        height = SHAPE.height_px // FRAME_PX
        image = keras.Input((SHAPE.height_px, None, 1), dtype="uint8")
        x = layers.Conv2D(64, FRAME_PX, FRAME_PX)(1.0 - ops.cast(image, "float32") / 255.0)
        for width, pooled in ((96, True), (128, False), (128, True), (128, False)):
            x = layers.Activation("relu")(layers.BatchNormalization()(layers.Conv2D(width, 3, padding="same", use_bias=False)(x)))
            x = layers.MaxPooling2D((2, 1))(x) if pooled else x
        x = layers.Conv2D(192, (height // 4, 1), use_bias=False)(x)
        x = ops.squeeze(layers.Activation("relu")(layers.BatchNormalization()(x)), 1)
        for dilation in (1, 2, 4, 8):
            y = layers.Conv1D(192, 3, padding="same", dilation_rate=dilation, use_bias=False)(x)
            x = x + layers.Activation("relu")(layers.BatchNormalization()(y))
        self.network = keras.Model(image, layers.Dense(len(CHARSET) + 1, dtype="float32")(x))

    def call(self, inputs, training=False):
        return self.network(inputs["image"], training=training)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        frames = ops.cast(ops.ceil(x["width"] / FRAME_PX), "int32")
        return ops.mean(ops.ctc_loss(y["labels"], y_pred, y["lengths"], frames, mask_index=0) / ops.cast(y["lengths"], "float32"))


def arrays(batch: LineBatch) -> tuple[dict, dict]:
    """A batch as `fit` takes it."""
    return {"image": batch.images, "width": batch.widths}, {"labels": batch.labels, "lengths": batch.lengths}


def stream(batches: LineBatches, steps: int) -> Iterator[tuple[dict, dict]]:
    """Batches, the next ones being made while one is trained on."""
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(batches.batch, step) for step in range(4)]
        for step in range(steps):
            waiting.append(pool.submit(batches.batch, step + 4))
            yield arrays(waiting.pop(0).result())


def train(source: BaseSource, steps: int, seed: int) -> Reader:
    """A reader after so many steps of Adam with a cosine schedule."""
    keras.utils.set_random_seed(seed)
    reader = Reader()
    schedule = keras.optimizers.schedules.CosineDecay(1e-5, steps, warmup_target=2e-3, warmup_steps=steps // 20)
    reader.compile(keras.optimizers.AdamW(schedule, weight_decay=1e-3, clipnorm=5.0), jit_compile=False)
    reader.fit(stream(LineBatches(source, CHARSET, SHAPE, seed), steps), steps_per_epoch=steps, verbose=2)
    return reader


def read(reader: Reader, source: BaseSource, most: int) -> list[tuple[str, str]]:
    """(read, reference) of a source's lines, one at a time, greedy."""
    pairs = []
    for index in range(min(most, len(source))):
        sample = source.sample(index, sample_rng(0, source.split, index))
        line = upright_line(sample.image)
        image = level_paper(scale_line(line, SHAPE.height_px, width_at(line.shape, SHAPE.height_px)))
        padded = np.full((1, SHAPE.height_px, -(-image.shape[1] // 128) * 128, 1), 255, np.uint8)
        padded[0, :, : image.shape[1], 0] = image
        frames = -(-image.shape[1] // FRAME_PX)
        best = np.asarray(reader.network(padded))[0, :frames].argmax(axis=-1)
        kept = best[np.flatnonzero(np.diff(best, prepend=-1))]
        pairs.append((CHARSET.decode(kept), sample.text))
    return pairs


def main() -> None:
    """Trains on each rendering and prints CER and WER on each real set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--renderings", nargs="+", default=list(RENDERINGS), choices=list(RENDERINGS))
    parser.add_argument("--lines", type=int, default=400, help="lines of each set")
    parser.add_argument("--output", type=Path, default=Path("docs/results/figures/usefulness.json"))
    options = parser.parse_args()
    charset = Path(tempfile.mkdtemp()) / "charset.txt"
    charset.write_text("".join(CHARSET.characters), encoding="utf-8")
    real = {}
    for name in options.sets:
        cfg = config("mode=check_data", "data=folder", f"data.root={options.root / name}")
        real[name] = SOURCES.get("folder")(cfg.data, "val")
    table = Table(
        f"{options.steps} steps of {SHAPE.batch_px} px of lines",
        ["rendering", "seed", "minutes", *(f"{n} val CER" for n in real), *(f"{n} val WER" for n in real)],
    )
    results = []
    for seed in options.seeds:
        for name in options.renderings:
            overrides = RENDERINGS[name]
            cfg = config(
                "mode=generate", "output=x", "data=synthetic", "data.languages=[en,fr]", f"data.charset={charset}", *overrides
            )
            begun = time.perf_counter()
            reader = train(SOURCES.get("synthetic")(cfg.data, "train"), options.steps, seed)
            minutes = (time.perf_counter() - begun) / 60
            pairs = {key: read(reader, source, options.lines) for key, source in real.items()}
            cer = {key: character_error_rate(value) for key, value in pairs.items()}
            wer = {key: word_error_rate(value) for key, value in pairs.items()}
            results.append(
                {
                    "rendering": name,
                    "seed": seed,
                    "minutes": minutes,
                    "cer": cer,
                    "wer": wer,
                    "examples": {k: v[:5] for k, v in pairs.items()},
                }
            )
            table.rows.append(
                [name, str(seed), f"{minutes:.1f}", *(f"{v:.1%}" for v in cer.values()), *(f"{v:.1%}" for v in wer.values())]
            )
            options.output.write_text(json.dumps(results, ensure_ascii=False, indent=1), encoding="utf-8")
            print(table.text(), flush=True)


if __name__ == "__main__":
    main()
