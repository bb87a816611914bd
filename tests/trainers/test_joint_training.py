"""Eraser and reader trained together."""

import json

import numpy as np
import pytest
from omegaconf import OmegaConf
from PIL import Image

from base.bundle import Bundle
from base.errors import UserError
from base.registry import MODELS
from base.types import ARTIFACT, Ink
from data_generators.batches.soiler import LineSoiler
from data_generators.joint import JointData
from predictors.modes.predict import predict
from predictors.reading.confidence import LineReading, Span
from predictors.reading.gate import cleaning_helps
from tests.conftest import TINY, TINY_LINES, config, draw_line
from trainers.modes.evaluate import evaluate
from trainers.modes.train import train
from utils.configuration.check import check
from utils.configuration.values import plain
from utils.files.images import UnreadableImage

DECODING = {"temperature": 1.5, "odds": [0.9, 0.2], "decoder": {"name": "beam", "width": 3}}


@pytest.fixture(scope="module")
def parts(tmp_path_factory, printed_lines):
    """Bundles of a tiny eraser, and of a tiny reader that was calibrated and has a decoder."""
    folder = tmp_path_factory.mktemp("parts")
    eraser = config(*TINY, "tracking=none")
    reader = config(*TINY_LINES, f"data.root={printed_lines}", "tracking=none", "model.charset=' abcdefghiklmnoprstuy'")
    for name, cfg in (("eraser", eraser), ("reader", reader)):
        model = MODELS.get(cfg.model.name)(cfg.model)
        Bundle.write(folder / name, cfg, model.weights(), model.facts())
    Bundle.load(folder / "reader").learn(DECODING)
    return folder


def joint(parts, printed_lines, *overrides):
    cfg = config(
        "task=joint",
        "data=folder",
        f"data.root={printed_lines}",
        f"parts.eraser={parts / 'eraser'}",
        f"parts.reader={parts / 'reader'}",
        "tracking=none",
        "trainer.epochs=1",
        "trainer.steps_per_epoch=2",
        "trainer.warmup_steps=1",
        "trainer.lines={buckets:[192,384],batch_px:600,window:8,strength:none,zoom:[1,1],stretch:[1,1]}",
        "validation_samples=2",
        "test_samples=2",
        "callbacks.gallery.samples=1",
        *overrides,
    )
    check(cfg)
    return cfg


@pytest.mark.backend
@pytest.mark.parametrize("mask", ["soft", "straight_through", "hard"])
def test_the_gradient_of_reading_reaches_the_eraser_unless_the_mask_is_hard(parts, printed_lines, mask):
    import keras

    cfg = joint(
        parts, printed_lines, f"model.mask={mask}", "model.loss.ink=[0,0]", "model.loss.identity=[0,0]", "trainer.read_as_is=0"
    )
    data = JointData.of(cfg, "train")
    cfg = data.complete(cfg)
    keras.utils.set_random_seed(2)
    model = MODELS.get("joint")(cfg.model)
    network = model.network
    network.compile(optimizer=keras.optimizers.SGD(1.0), loss=None)
    batch = data.batch(0)
    before = {name: np.array(variable) for name, variable in model._named_variables()}
    eraser = {id(variable) for variable in model.parts["eraser"].network.trainable_variables}
    network.train_on_batch(batch.inputs, batch.targets)
    moved = [
        float(np.abs(np.array(variable) - before[name]).max())
        for name, variable in model._named_variables()
        if id(variable) in eraser
    ]
    assert (max(moved) > 0) == (mask != "hard")


@pytest.mark.slow
@pytest.mark.usefixtures("no_export")
def test_a_frozen_part_stays(parts, printed_lines, workplace):
    cfg = joint(parts, printed_lines, "trainer.freeze=[reader]")
    train(cfg)
    (run,) = (workplace / "experiments/runs/joint").iterdir()
    bundle = Bundle.load(run / "bundle", "joint")
    model = MODELS.get("joint")(bundle.config.model)
    model.load_weights(bundle.weights())
    stored = Bundle.load(parts / "reader").weights()
    for name, array in model.parts["reader"].weights().items():
        if "seed_generator" not in name:
            np.testing.assert_array_equal(array, stored[name], err_msg=name)


@pytest.mark.usefixtures("no_export")
def test_one_epoch_bundle_evaluation_and_prediction(parts, printed_lines, workplace, capsys):
    objective = train(joint(parts, printed_lines))
    (run,) = (workplace / "experiments/runs/joint").iterdir()
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["val_cer"] == pytest.approx(objective) and "test_cer_reader_alone" in metrics
    bundle = Bundle.load(run / "bundle")
    assert {name: bundle.facts[name] for name in DECODING} == DECODING
    assert set(bundle.config) == {"task", "model", "text_rules"}
    assert OmegaConf.load(run / "bundle" / "run.yaml").trainer.steps_per_epoch == 2
    again = joint(parts, printed_lines, "mode=evaluate", f"weights={run / 'bundle'}")
    assert evaluate(again) == pytest.approx(metrics["test_cer"], abs=0.05)
    assert "reader after the eraser, gated" in capsys.readouterr().out
    (workplace / "scans").mkdir()
    Image.fromarray(draw_line("see a moon")).save(workplace / "scans/a.png")
    (workplace / "scans/b.png").write_bytes(b"broken")
    wanted = ("mode=predict", f"weights={run / 'bundle'}", "input=scans/a.png", "output=out")
    predict(joint(parts, printed_lines, *wanted))
    (answer,) = [json.loads(line) for line in (workplace / "out/predictions.jsonl").read_text("utf-8").splitlines()]
    assert {"text", "confidence", "is_cleaned"} <= set(answer)


@pytest.mark.backend
def test_weights_change_in_the_course_of_the_training(parts, printed_lines):
    cfg = joint(parts, printed_lines, "model.loss.identity=[0,8]", "model.loss.ramp_steps=4")
    cfg = JointData.of(cfg, "train").complete(cfg)
    network = MODELS.get("joint")(cfg.model).network
    assert float(network._weight("identity", 0.25)) == pytest.approx(2.0)
    assert float(network._weight("recognition", 0.25)) == pytest.approx(1.0)


@pytest.mark.backend
def test_a_clean_line_must_come_out_whole(parts, printed_lines):
    cfg = joint(parts, printed_lines)
    cfg = JointData.of(cfg, "train").complete(cfg)
    network = MODELS.get("joint")(cfg.model).network
    image = np.full((2, 8, 8, 1), 255, np.uint8)
    image[:, 2:4] = 0
    ink = np.where(image[..., 0] == 0, np.uint8(Ink.TEXT), np.uint8(0))
    half = np.zeros((2, 8, 8), np.float32)
    half[:, 2] = 1.0
    made = np.ones(2, np.float32)
    assert float(network.identity_loss(image, ink, made, half)) == pytest.approx(8 / 17)
    ink[1, 6] = np.uint8(Ink.RULES)  # the second line is soiled: erasing there is no fault
    assert float(network.identity_loss(image, ink, made, half)) == pytest.approx(8 / 17)
    assert float(network.identity_loss(image, ink, np.zeros(2, np.float32), half)) == 0.0


def test_soiled_lines_say_where(rng):
    artifacts = plain(config("task=joint").soiling)["artifacts"]
    soiler = LineSoiler({"probability": 1.0, "artifacts": {**artifacts, "clean_probability": 0.0}})
    line = draw_line("book keeper", 40)
    known = np.where(line < 128, np.uint8(Ink.TEXT), np.uint8(0))
    soiled = [soiler.soil(np.random.default_rng(seed), line, known) for seed in range(12)]
    assert sum(not np.array_equal(image, line) for image, _ in soiled) >= 10
    for image, ink in soiled:
        changed = image.astype(int) < line.astype(int) - 25
        if changed.any():
            assert (ink[changed] & ARTIFACT != 0).mean() > 0.6
    _, ink = soiler.soil(np.random.default_rng(0), line)
    assert (ink & Ink.UNSURE != 0).any()  # what was there before is not known


def reading(text, confidence):
    return LineReading(text, confidence, characters=[Span(letter, confidence, 0, 1) for letter in text])


def test_the_gate_keeps_what_is_surer_and_no_shorter():
    assert cleaning_helps(reading("abcdefgh", 0.5), reading("abcdefgh", 0.9))
    assert not cleaning_helps(reading("abcdefgh", 0.9), reading("abcdefgh", 0.9))
    assert not cleaning_helps(reading("abcdefgh", 0.5), reading("abcd", 0.99))
    assert not cleaning_helps(reading("ab", 0.5), UnreadableImage("gone"))
    assert cleaning_helps(UnreadableImage("dark"), reading("ab", 0.5))


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["model.mask=hrd"], ["did you mean hard"]),
        (["model.remove=[]"], ["model.remove"]),
        (["model.loss.ink=[1]"], ["model.loss.ink", "pair"]),
        (["trainer.freeze=[eraser,reader]"], ["nothing to train"]),
        (["parts.reader=/nowhere"], ["parts.reader=/nowhere"]),
        (["erase=allways"], ["did you mean always"]),
        (["soiling.probability=2"], ["soiling"]),
    ],
)
def test_mistakes_are_named(parts, printed_lines, overrides, words):
    with pytest.raises(UserError) as caught:
        joint(parts, printed_lines, *overrides)
    for word in words:
        assert word in str(caught.value)


def test_readers_learn_from_soiled_lines(printed_lines):
    from data_generators.lines import LinesData

    soiling = {"probability": 1.0, "artifacts": plain(config("task=joint").soiling)["artifacts"]}
    cfg = config(*TINY_LINES, f"data.root={printed_lines}", "tracking=none")
    clean = LinesData.of(cfg, "train").batch(0)
    soiled = LinesData.of(OmegaConf.merge(cfg, {"soiling": soiling}), "train").batch(0)
    assert clean.inputs["image"].shape == soiled.inputs["image"].shape
    assert not np.array_equal(clean.inputs["image"], soiled.inputs["image"])
