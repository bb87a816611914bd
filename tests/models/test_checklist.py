"""What every model must do; a new model is tested here by being registered."""

import numpy as np
import pytest

from base.registry import MODELS
from models.export import add_onnx, can_export
from tests.conftest import config

pytestmark = pytest.mark.backend

SMALL = {
    "unet": ["model.width=16", "model.growth=8", "model.depth=1"],
    "unet_deeperase": ["model.width=8"],
    "patch_dilated": ["model.width=16", "model.depth=3"],
}


@pytest.fixture(params=MODELS.names())
def cfg(request):
    return config("task=eraser", f"model={request.param}", *SMALL[request.param], "tracking=none")


@pytest.fixture
def model(cfg):
    import keras

    keras.utils.set_random_seed(3)
    return MODELS.get(cfg.model.name)(cfg.model)


@pytest.fixture
def batch(model, rng):
    images = rng.integers(0, 256, (2, 4 * model.stride, 8 * model.stride, 1), dtype=np.uint8)
    ink = np.where(images[..., 0] < 60, np.uint8(16), np.uint8(0)) | np.where(images[..., 0] > 200, np.uint8(1), np.uint8(0))
    return images, ink


def test_the_answer_has_the_size_of_the_image(model, rng):
    for height, width in ((1, 1), (3, 2), (2, 5)):
        images = rng.integers(0, 256, (1, height * model.stride, width * model.stride, 1), dtype=np.uint8)
        answer = np.asarray(model.network.predict_on_batch(images))
        assert answer.shape == (1, *images.shape[1:3], len(model.outputs))
        assert answer.dtype == np.float32
        assert np.isfinite(answer).all()


def test_companions_in_a_batch_change_nothing(model, batch):
    images, _ = batch
    together = np.asarray(model.network.predict_on_batch(images))
    alone = np.asarray(model.network.predict_on_batch(images[:1]))
    np.testing.assert_allclose(together[:1], alone, atol=1e-4)


def test_training_lowers_the_loss(model, batch):
    model.network.compile(optimizer="adam", loss=model.losses(), metrics=model.metrics())
    first = model.network.train_on_batch(*batch, return_dict=True)["loss"]
    for _ in range(12):
        last = model.network.train_on_batch(*batch, return_dict=True)["loss"]
    assert last < 0.9 * first


def test_weights_have_stable_names(cfg, model):
    again = MODELS.get(cfg.model.name)(cfg.model)
    assert list(again.weights()) == list(model.weights())


def test_a_bundle_answers_the_same(cfg, model, batch, tmp_path):
    from base.bundle import Bundle
    from predictors.engines import load_model

    bundle = Bundle.write(tmp_path / "bundle", cfg, model.weights(), model.facts())
    loaded = load_model(Bundle.load(bundle.folder))
    expected = np.asarray(model.network.predict_on_batch(batch[0]))
    np.testing.assert_allclose(np.asarray(loaded.network.predict_on_batch(batch[0])), expected, atol=0.02)


def test_the_export_answers_the_same(cfg, model, batch, tmp_path, rng):
    if not can_export():
        pytest.skip("only the TensorFlow backend exports to ONNX")
    from base.bundle import Bundle
    from predictors.engines import onnx_network

    bundle = Bundle.write(tmp_path / "bundle", cfg, model.weights(), model.facts())
    add_onnx(bundle, model, batch[0])
    other_size = rng.integers(0, 256, (1, 3 * model.stride, 5 * model.stride, 1), dtype=np.uint8)
    answered = onnx_network(Bundle.load(bundle.folder), None)(other_size)
    np.testing.assert_allclose(answered, np.asarray(model.network.predict_on_batch(other_size)), atol=1e-3)


def test_an_export_that_differs_is_not_kept(cfg, model, batch, tmp_path, monkeypatch):
    if not can_export():
        pytest.skip("only the TensorFlow backend exports to ONNX")
    from base.bundle import Bundle
    from base.errors import UserError

    bundle = Bundle.write(tmp_path / "bundle", cfg, model.weights(), model.facts())
    honest = model.network.predict_on_batch
    monkeypatch.setattr(model.network, "predict_on_batch", lambda images: np.asarray(honest(images)) + 1.0)
    with pytest.raises(UserError, match="differs from Keras"):
        add_onnx(bundle, model, batch[0])
    assert Bundle.load(bundle.folder).onnx_path is None


def test_a_few_samples_can_be_learned_by_heart(rng):
    import keras

    from data_generators.eraser import EraserData

    cfg = config("task=eraser", *SMALL["unet"], "model.width=32", "data.shapes=[[2,32,96]]", "data.languages=[en]")
    cfg.data.artifacts.clean_probability = 0.0
    keras.utils.set_random_seed(1)
    model = MODELS.get("unet")(cfg.model)
    batch = EraserData(cfg.data, "train", 1).batch(2)
    model.network.compile(optimizer=keras.optimizers.Adam(3e-3), loss=model.losses(), metrics=model.metrics())
    for _ in range(150):
        score = model.network.train_on_batch(batch.inputs, batch.targets, return_dict=True)["artifact_f1"]
    assert score > 0.97
