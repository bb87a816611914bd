"""Bundles are whole or refused."""

import hashlib
import io
import json
import shutil
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf

from base.arrays import read_arrays
from base.bundle import Bundle
from base.errors import UserError
from predictors import load
from predictors.engines.loading import predictor_for

pytestmark = pytest.mark.backend

ANY = OmegaConf.create({"task": {"name": "x", "predictor": "x"}, "model": {"name": "x"}})  # where the weights alone count


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


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        "{}",
        '{"format": 99, "facts": {}, "parts": {}}',
        '{"format": 2, "facts": {}, "parts": ["weights.npz"]}',
        '{"format": 2, "facts": null, "parts": {}}',
        "[" * 100_000,
    ],
)
def test_a_broken_manifest_is_named(copy, content):
    (copy / "bundle.json").write_text(content)
    with pytest.raises(UserError, match=r"bundle\.json"):
        Bundle.load(copy)


def test_a_compact_bundle_has_nearly_the_same_weights(tmp_path):
    rng = np.random.default_rng(1)
    weights = {"a/kernel": rng.normal(size=(80, 90)).astype(np.float32), "a/bias": rng.normal(size=90).astype(np.float32)}
    weights["a/kernel"][:, 3] = 0.0
    weights["generator/state"] = np.array([3_000_000_000, 7], np.uint32)
    bundle = Bundle.write(tmp_path / "bundle", ANY, weights, {})
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
    np.testing.assert_array_equal(stored["generator/state"], weights["generator/state"])
    again.compact()
    for name, array in Bundle.load(bundle.folder).weights().items():
        np.testing.assert_allclose(array, stored[name], atol=1e-3)


def test_what_is_too_large_for_float16_stays_whole(tmp_path):
    weights = {"norm/variance": np.array([3e5, 1.0], np.float32), "a/kernel": np.full((80, 90), 1e6, np.float32)}
    bundle = Bundle.write(tmp_path / "bundle", ANY, weights, {})
    for again in (bundle, Bundle.load(bundle.folder)):
        for name, array in weights.items():
            np.testing.assert_allclose(again.weights()[name], array, rtol=1e-2)
        again.compact()


def rewritten(folder, name, content):
    """Somebody's bundle, whose manifest says that this part belongs to it."""
    bundle = Bundle.load(folder)
    (folder / name).write_bytes(content)
    bundle.seal()
    return folder


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("task: {name: eraser, predictor: '${oc.env:HOME}'}\nmodel: {name: unet}", r"task\.predictor is an interpolation"),
        ("task: {name: eraser}\nmodel: {a: &a [1, 2], b: *a}", "holds references"),
        (
            "task: {name: eraser, predictor: eraser}\nmodel: {name: unet, width: 1000000000}",
            r"model\.width=1000000000 is no size of a network",
        ),
        ("- task\n- model", "is a list, not a mapping"),
        ("task: eraser", r"names no task\.name"),
        ("task: {name: eraser}\nmodel: {name: unet}", r"names no task\.predictor"),
        ("task: {name: eraser, predictor: eraser}\nmodel: {name: [unet]}", r"names no model\.name"),
        ("[" * 100_000, "nested more than 40 times"),
        ("task: {name: [", "is not YAML"),
        ("task: !!python/object/apply:os.system ['true']", "is not YAML"),
        ("\xff", "is not UTF-8"),
        ("#" * 5_000_000, "more than 4 MiB"),
    ],
)
def test_what_anybody_may_have_written_is_refused(copy, lines, message):
    rewritten(copy, "config.yaml", lines.encode("latin-1"))
    with pytest.raises(UserError, match=message):
        Bundle.load(copy)


def test_parts_lie_in_the_bundle(copy, tmp_path):
    (tmp_path / "secret").write_text("x")
    manifest = json.loads((copy / "bundle.json").read_text())
    manifest["parts"]["../secret"] = hashlib.sha256(b"x").hexdigest()
    (copy / "bundle.json").write_text(json.dumps(manifest))
    with pytest.raises(UserError, match="which is no file of the bundle's folder"):
        Bundle.load(copy)


def test_a_header_that_lies_costs_no_memory(copy):
    header = b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little")
    shape = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000, 1000), }"
    lie = io.BytesIO()
    with zipfile.ZipFile(lie, "w") as archive:
        archive.writestr("kernel.npy", header + shape.ljust(117) + b"\n" + bytes(40))
    rewritten(copy, "weights.npz", lie.getvalue())
    with pytest.raises(UserError, match="holds 40 bytes, which its header denies"):
        Bundle.load(copy).weights()


def test_a_corrupted_stream_is_named(copy):
    packed = io.BytesIO()
    np.savez_compressed(packed, kernel=np.random.default_rng(0).normal(size=4000))
    damaged = bytearray(packed.getvalue())
    damaged[2000:2100] = bytes(100)
    rewritten(copy, "weights.npz", bytes(damaged))
    with pytest.raises(UserError, match=r"weights\.npz cannot be read"):
        Bundle.load(copy).weights()


def test_a_zip_bomb_is_not_unpacked(copy, monkeypatch):
    monkeypatch.setattr("base.arrays.MOST_BYTES", 1000)
    with pytest.raises(UserError, match="its arrays have more than"):
        Bundle.load(copy).weights()


def test_objects_are_not_unpickled(copy):
    pickled = io.BytesIO()
    np.savez(pickled, kernel=np.array([{"a": 1}], object))
    rewritten(copy, "weights.npz", pickled.getvalue())
    with pytest.raises(UserError, match="holds objects, not numbers"):
        Bundle.load(copy).weights()


@given(
    shape=st.lists(st.integers(0, 5), max_size=3),
    dtype=st.sampled_from(["float32", "float16", "int8", "uint32", "bool"]),
    fortran=st.booleans(),
)
def test_arrays_are_read_as_numpy_reads_them(shape, dtype, fortran):
    array = (np.random.default_rng(0).normal(size=shape) * 9).astype(dtype)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.npz"
        np.savez_compressed(path, **{"a/b|c": np.asfortranarray(array) if fortran else array})
        read = read_arrays(path)["a/b|c"]
    np.testing.assert_array_equal(read, array)
    assert read.dtype == array.dtype and read.flags.writeable


def test_a_bundle_of_the_first_format_gives_its_specification_alone(copy, tiny_bundle):
    """config.yaml was the whole config of the run then, with the machine and the threads that it was trained on."""
    trained = {"runtime": {"threads": 1, "workers": 0, "device": "gpu", "precision": "mixed_bfloat16"}, "data": {"root": "DIR"}}
    text = OmegaConf.to_yaml(OmegaConf.merge(Bundle.load(copy).config, trained))
    manifest = json.loads((rewritten(copy, "config.yaml", text.encode()) / "bundle.json").read_text())
    (copy / "bundle.json").write_text(json.dumps({**manifest, "format": 1}))
    predictor = load("eraser", str(copy))
    assert predictor.cfg.runtime == {"threads": None, "workers": 0, "device": "auto", "precision": "float32"}
    assert predictor.cfg.model == tiny_bundle.config.model
    assert "data" not in predictor.cfg


def test_options_are_those_of_the_task(tiny_bundle):
    folder = str(tiny_bundle.folder)
    assert load("eraser", folder, threshold=0.9, runtime={"threads": 1}).cfg.threshold == 0.9
    with pytest.raises(UserError, match=r"treshold.*did you mean threshold"):
        load("eraser", folder, treshold=0.9)
    with pytest.raises(UserError, match="threshold: Value 'much'"):
        load("eraser", folder, threshold="much")
    with pytest.raises(UserError, match="runtime"):
        load("eraser", folder, runtime={"threads": "many"})
