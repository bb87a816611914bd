"""What a bundle takes over of the reader that it comes from."""

import shutil

import pytest

from base.bundle import Bundle
from base.errors import UserError
from predictors.reading.texts import decoder_of_bundle
from trainers.readers.decoding import inherit_decoding


@pytest.fixture
def bundles(tiny_bundle, tmp_path):
    """One that was adapted, and the reader that it comes from, which has a language model of its own."""
    for name in ("adapted", "reader"):
        shutil.copytree(tiny_bundle.folder, tmp_path / name)
    (tmp_path / "reader/language.npz").write_bytes(b"n-grams")
    reader = Bundle.load(tmp_path / "reader")
    reader.learn({"temperature": 1.4, "odds": [1.0, 0.5], "decoder": {"name": "character_ngram", "model": "language.npz"}})
    return Bundle.load(tmp_path / "adapted"), reader


def test_decoder_and_calibration_come_along_with_their_files(bundles):
    adapted, reader = bundles
    inherit_decoding(adapted, reader)
    shutil.rmtree(reader.folder)
    again = Bundle.load(adapted.folder)
    assert {name: again.facts[name] for name in ("temperature", "odds")} == {"temperature": 1.4, "odds": [1.0, 0.5]}
    assert again.facts["decoder"] == {"name": "character_ngram", "model": "language.npz"}
    assert (again.folder / "language.npz").read_bytes() == b"n-grams"


def test_a_language_that_ships_is_named(bundles):
    adapted, reader = bundles
    reader.learn({"decoder": {"name": "character_ngram", "model": "mixed"}})
    inherit_decoding(adapted, reader)
    assert adapted.facts["decoder"]["model"] == "mixed"
    assert not (adapted.folder / "language.npz").exists()


@pytest.mark.parametrize("model", ["/etc/passwd", "../reader/language.npz"])
def test_a_decoder_reads_no_file_outside_of_its_bundle(model):
    with pytest.raises(UserError, match="which is no file of the bundle"):
        decoder_of_bundle({"folder": "bundle", "decoder": {"name": "character_ngram", "model": model}})
