"""Bundles are whole or refused."""

import shutil

import numpy as np
import pytest
from omegaconf import OmegaConf

from base.bundle import Bundle
from base.errors import UserError
from predictors.engines.loading import predictor_for

pytestmark = pytest.mark.backend


@pytest.fixture
def copy(tiny_bundle, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(tiny_bundle.folder, folder)
    return folder


def test_weights_come_back_as_float16_allows(tiny_bundle):
    from base.registry import MODELS

    model = MODELS.get(tiny_bundle.config.model.name)(tiny_bundle.config.model)
    model.load_weights(tiny_bundle.weights())
    for name, array in model.weights().items():
        np.testing.assert_array_equal(array, tiny_bundle.weights()[name])


def test_a_folder_without_manifest_is_no_bundle(tmp_path):
    with pytest.raises(UserError, match="is not a bundle"):
        Bundle.load(tmp_path)


@pytest.mark.parametrize("part", ["weights.npz", "config.yaml"])
def test_a_missing_part_is_named(copy, part):
    (copy / part).unlink()
    with pytest.raises(UserError, match=f"{part} is missing"):
        Bundle.load(copy)


def test_a_part_of_another_bundle_is_named(copy):
    (copy / "weights.npz").write_bytes((copy / "weights.npz").read_bytes() + b"x")
    with pytest.raises(UserError, match=r"weights\.npz is not the part"):
        Bundle.load(copy)


def test_a_broken_weights_file_is_named(copy):
    bundle = Bundle.load(copy)
    (copy / "weights.npz").write_bytes(b"no zip")
    bundle.seal()
    with pytest.raises(UserError, match=r"weights\.npz cannot be read"):
        Bundle.load(copy).weights()


def test_weights_of_another_size_are_refused(copy, tiny):
    bundle = Bundle.load(copy)
    bundle.config.model.width = 24
    with pytest.raises(UserError, match=r"weights\.npz does not fit"):
        predictor_for(bundle, tiny(), "keras")


def test_a_bundle_of_another_task_is_refused(copy):
    with pytest.raises(UserError, match="not for task=lines"):
        Bundle.load(copy, "lines")


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"format": 99, "facts": {}, "parts": {}}'])
def test_a_broken_manifest_is_named(copy, content):
    (copy / "bundle.json").write_text(content)
    with pytest.raises(UserError, match=r"bundle\.json"):
        Bundle.load(copy)


def test_a_compact_bundle_has_nearly_the_same_weights(tmp_path):
    rng = np.random.default_rng(1)
    weights = {"a/kernel": rng.normal(size=(80, 90)).astype(np.float32), "a/bias": rng.normal(size=90).astype(np.float32)}
    weights["a/kernel"][:, 3] = 0.0
    weights["dice/state"] = np.array([3_000_000_000, 7], np.uint32)
    bundle = Bundle.write(tmp_path / "bundle", OmegaConf.create({"task": {"name": "x"}}), weights, {})
    (bundle.folder / "model.onnx").write_bytes(b"of the weights before")
    bundle.seal()
    size = (bundle.folder / "weights.npz").stat().st_size
    bundle.compact()
    again = Bundle.load(bundle.folder)
    assert again.onnx_path is None
    assert (bundle.folder / "weights.npz").stat().st_size < 0.65 * size
    stored = again.weights()
    assert set(stored) == set(weights)
    for name, array in weights.items():
        np.testing.assert_allclose(stored[name], array, atol=np.abs(array).max() / 200)
    np.testing.assert_array_equal(stored["dice/state"], weights["dice/state"])
    again.compact()
    for name, array in Bundle.load(bundle.folder).weights().items():
        np.testing.assert_allclose(array, stored[name], atol=1e-3)


def test_what_is_too_large_for_float16_stays_whole(tmp_path):
    weights = {"norm/variance": np.array([3e5, 1.0], np.float32), "a/kernel": np.full((80, 90), 1e6, np.float32)}
    bundle = Bundle.write(tmp_path / "bundle", OmegaConf.create({"task": {"name": "x"}}), weights, {})
    for again in (bundle, Bundle.load(bundle.folder)):
        for name, array in weights.items():
            np.testing.assert_allclose(again.weights()[name], array, rtol=1e-2)
        again.compact()
