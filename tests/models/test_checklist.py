"""What every model must do; a new model is tested here by being registered."""

import numpy as np
import pytest
from omegaconf import OmegaConf

from base.registry import MODELS, ROOT
from base.types import LayoutInk
from configs.trainer.lines import task_of
from models.export import add_onnx, as_arrays, can_export
from models.families.eraser import OUTPUTS
from tests.conftest import config

pytestmark = pytest.mark.backend

SMALL = {  # a network that is not here is tested as its config has it
    "unet": ["model.width=16", "model.growth=8", "model.depth=1"],
    "unet_deeperase": ["model.width=8"],
    "patch_dilated": ["model.width=16", "model.depth=3"],
    "conv_ctc": ["model.widths=[16,16,24]", "model.columns=32", "model.dilations=[1]", "model.lstm=[16]"],
    "crnn_line": ["model.lstm=[16]", "model.height_px=16", "model.convolutions=[[3,16,2,4],[3,16,4,4]]"],
    "crnn_small": ["model.lstm=[16]", "model.height_px=16", "model.convolutions=[[3,16,2,4],[3,16,2,4]]"],
}
SMALL["conv_ctc_large"] = ["model.widths=[16,16,24]", "model.columns=32", "model.dilations=[1]"]
SMALL["conv_ctc_large"] += ["model.attention_blocks=1", "model.heads=2", "model.hidden=32"]
SMALL["attention_seq2seq"] = [*SMALL["conv_ctc"], "model.decoder_width=16", "model.heads=2", "model.decoder_blocks=1"]
SMALL["attention_seq2seq"] += ["model.beam_width=2"]
SMALL["seq2seq"] = ["model.height_px=16", "model.filters=[8,8,8]", "model.kernels=[3,3,3]", "model.units=16"]
WRITERS = {"attention_seq2seq", "seq2seq"}
READERS = {path.stem for path in (ROOT / "configs/model").glob("*.yaml") if task_of(path) in ("lines", "words")}
CHARSET = " abcdefghij"
HEAD = "model.head={name:dependent,width:16,state:8,steps:2,charset:null}"
SMALL |= {
    "patch_resnet": ["model.image_px=32", "model.widths=[8,16]", "model.blocks=[1,1]", HEAD],
    "denseran": ["model.image_px=32", "model.growth=8", "model.blocks=[1,2]", "model.head.state=8"],
    **{name: ["model.image_px=32", HEAD] for name in ("melnyk", "fire", "afl", "vgg16", "mobilenet")},
    "inception_resnet": ["model.image_px=76", HEAD],
    "layout_unet": ["model.width=16", "model.growth=8", "model.depth=1", "trainer.pages.crop_px=64"],
    "joint": [],
}
MAPS = {"eraser": OUTPUTS, "pages": LayoutInk}  # tasks whose networks answer with maps


ONE_A_KIND = ["patch_dilated", "conv_ctc", "attention_seq2seq", "patch_resnet"]  # of networks that answer alike
MARKS = {name: pytest.mark.slow for name in MODELS.names() if name not in ONE_A_KIND} | {"inception_resnet": pytest.mark.huge}
NAMES = [pytest.param(name, marks=MARKS.get(name, ())) for name in MODELS.names()]
SLOW_TO_EXPORT = MARKS | {"attention_seq2seq": pytest.mark.slow}  # its search is a loop in the graph
MOST_STEPS = 30


@pytest.fixture(scope="module", params=NAMES)
def cfg(request):
    """The config of a model at a size that is built in a second."""
    name = request.param
    charset = [f"model.charset='{CHARSET}'"] if name in READERS else []
    task = task_of(ROOT / f"configs/model/{name}.yaml") or config(f"model={name}").model.task
    cfg = config(f"task={task}", f"model={name}", *SMALL.get(name, []), *charset, "tracking=none")
    return with_parts(cfg) if name == "joint" else cfg


def with_parts(cfg):
    """A joint network's config with the values of its parts."""
    parts = {"eraser": ("eraser", "patch_dilated", []), "reader": ("lines", "conv_ctc", [f"model.charset='{CHARSET}'"])}
    values = {name: config(f"task={t}", f"model={m}", *SMALL[m], *more).model for name, (t, m, more) in parts.items()}
    return OmegaConf.merge(cfg, {"model": values})


@pytest.fixture(scope="module")
def model(cfg):
    """Untrained; one for all tests of a network, since building and tracing it takes longer than the tests."""
    import keras

    keras.utils.set_random_seed(3)
    return MODELS.get(cfg.model.name)(cfg.model)


def answer_of(model, inputs):
    """What the network that trains says; of a network that writes, what its decoder looks at."""
    if model.cfg.task == "hangul":
        return np.asarray(model.inference.predict_on_batch(inputs["image"])["scores"])
    answer = model.network.predict_on_batch(inputs)
    name = "frames" if model.cfg.task == "joint" else "memory"
    return np.asarray(answer[name] if isinstance(answer, dict) else answer)


def inputs_of(model, rng, count=2, down=4, across=8):
    """Noise in a size that the network takes; lines that end before their picture does."""
    if model.cfg.task in MAPS:
        return rng.integers(0, 256, (count, down * model.stride, across * model.stride, 1), dtype=np.uint8)
    if model.cfg.task == "hangul":
        side = model.cfg.image_px
        return {
            "image": rng.integers(0, 256, (count, side, side, 1), dtype=np.uint8),
            "jamo": rng.integers(0, [19, 21, 28], (count, 3)).astype(np.int32),
        }
    widths = model.stride * across - rng.permutation(count).astype(np.int32) * (model.stride + 1)
    height = reader_of(model).height_px
    images = np.full((count, height, across * model.stride, 1), 255, np.uint8)
    for image, width in zip(images, widths, strict=True):
        image[:, :width] = rng.integers(0, 256, (len(image), width, 1))
    return {"image": images, "width": widths, **({"erase": np.ones(count, np.float32)} if model.cfg.task == "joint" else {})}


def reader_of(model):
    """The values of what reads."""
    return model.cfg.reader if model.cfg.task == "joint" else model.cfg


def targets_of(model, inputs):
    if model.cfg.task in MAPS:
        grey = inputs[..., 0]
        return np.where(grey < 60, np.uint8(16), np.uint8(0)) | np.where(grey > 200, np.uint8(1), np.uint8(0))
    if model.cfg.task == "hangul":
        count = len(inputs["jamo"])
        return {"jamo": inputs["jamo"], "known": np.ones(count, np.float32), "hand": np.ones(count, np.float32)}
    texts = {"labels": np.array([[1, 2, 2], [3, 0, 0]], np.int32), "lengths": np.array([3, 1], np.int32)}
    if model.cfg.task != "joint":
        return texts
    ink = np.where(inputs["image"][..., 0] < 60, np.uint8(16), np.uint8(0))
    return {**texts, "ink": ink, "known": np.ones(2, np.float32)}


def frames_of(model, inputs, row):
    """The part of an answer that means something."""
    if model.cfg.name in WRITERS:
        return np.s_[: -(-int(inputs["width"][row]) // model.memory_px)] if model.memory_px else np.s_[:]
    whole = model.cfg.task in (*MAPS, "hangul")
    return np.s_[:] if whole else np.s_[: -(-int(inputs["width"][row]) // reader_of(model).frame_px)]


def first(inputs, count=1):
    return {name: array[:count] for name, array in inputs.items()} if isinstance(inputs, dict) else inputs[:count]


def asked_of(model, inputs):
    """What the network that answers is given."""
    return inputs["image"] if model.cfg.task == "hangul" else inputs


@pytest.fixture
def batch(model, rng):
    inputs = inputs_of(model, rng)
    return inputs, targets_of(model, inputs)


def test_the_answer_has_the_size_of_the_image(model, rng):
    for down, across in ((1, 1), (3, 2), (2, 5)):
        inputs = inputs_of(model, rng, 1, down, across)
        answer = answer_of(model, inputs)
        if model.cfg.task in MAPS:
            assert answer.shape == (1, *inputs.shape[1:3], len(MAPS[model.cfg.task]))
        elif model.cfg.task == "hangul":
            assert answer.shape == (1, len(model.head.texts))
            np.testing.assert_allclose(np.exp(answer).sum(axis=1), 1.0, atol=1e-3)
        elif model.cfg.name in WRITERS:
            assert answer.shape[:2] == (1, across * model.stride // model.memory_px if model.memory_px else 1)
            texts = model.inference.predict_on_batch(inputs)
            assert np.asarray(texts["tokens"]).shape[:2] == (1, model.cfg.beam_width)
            np.testing.assert_allclose(np.asarray(texts["attention"]).sum(axis=-1), 1.0, atol=1e-4)
        else:
            assert answer.shape == (1, across * model.stride // reader_of(model).frame_px, len(CHARSET) + 1)
        assert answer.dtype == np.float32
        assert np.isfinite(answer).all()


def test_companions_in_a_batch_change_nothing(model, batch, trained_by_chance):
    """Nor does the blank that a wider companion makes necessary; of weights as training leaves them."""
    inputs, _ = batch
    assert_companions_change_nothing(model, inputs, near=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("cfg", sorted(READERS | {"joint"}), indirect=True)
def test_companions_change_nothing_in_bfloat16_either(cfg, rng):
    """But for the rounding of batches of another shape."""
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = MODELS.get(cfg.model.name)(cfg.model)
    finally:
        keras.config.set_dtype_policy(before)
    perturb(model, np.random.default_rng(5))
    assert_companions_change_nothing(model, inputs_of(model, rng), near=0.02)


def assert_companions_change_nothing(model, inputs, near):
    """``near`` is a part of the largest answer."""
    together = answer_of(model, inputs)
    for row in range(2):
        alone = (
            {name: array[row : row + 1] for name, array in inputs.items()} if isinstance(inputs, dict) else inputs[row : row + 1]
        )
        if isinstance(alone, dict) and "width" in alone:
            width = -(-int(alone["width"][0]) // model.stride) * model.stride
            alone["image"] = alone["image"][:, :, :width]
        part = frames_of(model, inputs, row)
        answer = answer_of(model, alone)[0][part]
        np.testing.assert_allclose(together[row][part], answer, atol=near * max(1.0, np.abs(answer).max()))


@pytest.fixture
def trained_by_chance(model):
    """Lends a network weights as a training leaves them: nothing is zero or one any more."""
    before = model.weights()
    perturb(model, np.random.default_rng(5))
    yield
    model.load_weights(before)


def perturb(model, rng):
    """Shakes a network's weights, and what its normalisations have seen and learned most of all."""
    shaken = {}
    for name, array in model.weights().items():
        if array.dtype != np.float32:
            shaken[name] = array
        elif name.endswith(("moving_variance", "gamma")):
            shaken[name] = rng.uniform(0.5, 1.5, array.shape).astype(np.float32)
        else:
            scale = 0.3 if name.endswith(("moving_mean", "beta", "bias")) else 0.1 * array.std()
            shaken[name] = array + scale * rng.normal(size=array.shape).astype(np.float32)
    model.load_weights(shaken)


@pytest.mark.parametrize(
    "cfg", [name for name in NAMES if name.values[0] in ("unet", "unet_deeperase", "patch_dilated")], indirect=True
)
def test_an_eraser_sees_no_further_than_it_says(model, rng, trained_by_chance):
    """What changes beyond its reach changes nothing; a reach that is far too long is no answer either."""
    stride, reach = model.stride, model.reach_px
    width = -(-(reach + 64) // stride) * stride
    image = rng.integers(0, 256, (1, 4 * stride, width, 1), dtype=np.uint8)
    other = image.copy()
    other[:, :, reach:] = 255 - other[:, :, reach:]
    change = np.abs(answer_of(model, image) - answer_of(model, other)).max(axis=(0, 1, 3))  # by column
    assert change[0] == 0.0
    assert np.flatnonzero(change > 0)[0] < reach / 2 + stride


def test_weights_have_stable_names(cfg, model):
    again = MODELS.get(cfg.model.name)(cfg.model)
    assert list(again.weights()) == list(model.weights())


def test_a_bundle_answers_the_same(cfg, model, batch, tmp_path):
    from base.bundle import Bundle
    from predictors.engines.networks import load_model

    bundle = Bundle.write(tmp_path / "bundle", cfg, model.weights(), model.facts())
    loaded = load_model(Bundle.load(bundle.folder))
    expected = answer_of(model, batch[0])
    np.testing.assert_allclose(answer_of(loaded, batch[0]), expected, atol=0.02)


@pytest.mark.parametrize(
    "cfg", [pytest.param(name, marks=SLOW_TO_EXPORT.get(name, ())) for name in MODELS.names()], indirect=True
)
def test_the_export_answers_the_same(cfg, model, batch, tmp_path, rng):
    if not can_export():
        pytest.skip("only the TensorFlow backend exports to ONNX")
    from base.bundle import Bundle
    from predictors.engines.networks import onnx_network

    bundle = Bundle.write(tmp_path / "bundle", cfg, model.weights(), model.facts())
    add_onnx(bundle, model, asked_of(model, batch[0]))
    other_size = asked_of(model, inputs_of(model, rng, 1, 3, 5))
    answered = as_arrays(onnx_network(Bundle.load(bundle.folder), None)(other_size))
    expected = as_arrays(model.inference.predict_on_batch(other_size))
    assert set(answered) == set(expected)
    for name, array in expected.items():
        np.testing.assert_allclose(answered[name], array, atol=2e-3, err_msg=name)


@pytest.mark.parametrize("cfg", ["patch_dilated", "patch_resnet"], indirect=True)  # one answer, and answers by name
def test_an_export_that_differs_is_not_kept(cfg, model, batch, tmp_path, monkeypatch):
    if not can_export():
        pytest.skip("only the TensorFlow backend exports to ONNX")
    from base.bundle import Bundle
    from base.errors import UserError

    bundle = Bundle.write(tmp_path / "bundle", cfg, model.weights(), model.facts())
    network = model.inference
    honest = network.predict_on_batch

    def other(inputs):
        answer = honest(inputs)
        if not isinstance(answer, dict):
            return np.asarray(answer) + 1.0
        name = next(name for name in ("logits", "scores", "frames") if name in answer)
        return {**answer, name: np.asarray(answer[name]) + 1.0}

    monkeypatch.setattr(network, "predict_on_batch", other)
    with pytest.raises(UserError, match="differs from Keras"):
        add_onnx(bundle, model, asked_of(model, batch[0]))
    assert Bundle.load(bundle.folder).onnx_path is None


def test_training_lowers_the_loss(model, batch):
    """The last test of a network. Step by step on TensorFlow, whose tracing of a step takes longer than the steps."""
    import keras

    traced = keras.backend.backend() == "jax"
    optimizer = keras.optimizers.Adam(3e-3)
    losses = {"loss": model.losses(), "metrics": model.metrics() or None}
    model.network.compile(optimizer=optimizer, run_eagerly=not traced, **losses)
    first = model.network.train_on_batch(*batch, return_dict=True)["loss"]
    steps = (model.network.train_on_batch(*batch, return_dict=True)["loss"] for _ in range(MOST_STEPS))
    assert any(loss < 0.9 * first for loss in steps)


def test_a_few_samples_can_be_learned_by_heart(rng):
    import keras

    from data_generators.eraser import EraserData

    cfg = config("task=eraser", *SMALL["unet"], "model.width=32", "data.shapes=[[2,32,96]]", "data.languages=[en]")
    cfg.data.artifacts.clean_probability = 0.0
    keras.utils.set_random_seed(1)
    model = MODELS.get("unet")(cfg.model)
    batch = EraserData(cfg.data, "train", 1).batch(2)
    model.network.compile(optimizer=keras.optimizers.Adam(3e-3), loss=model.losses(), metrics=model.metrics() or None)
    for _ in range(150):
        score = model.network.train_on_batch(batch.inputs, batch.targets, return_dict=True)["artifact_f1"]
    assert score > 0.97
