"""The numbers beside the explanations, where the answer is known."""

from types import SimpleNamespace

import numpy as np
import pytest

from preprocessing.text import hangul
from trainers.reports.hangul_explained import deletion, heat_inside


def test_the_share_of_heat():
    heat = np.zeros((2, 4, 4))
    heat[:, :2] = 1.0
    inside = np.zeros((2, 4, 4), bool)
    inside[0, :2], inside[1, 1:3] = True, True
    np.testing.assert_allclose(heat_inside(heat, inside), [1.0, 0.5])


def test_deleting_what_counts_leaves_less():
    """A reader that looks at the left half alone: heat there deletes its evidence, heat on the right half does not."""
    frame = np.full((20, 20), 255, np.uint8)
    frame[:, ::2] = 0

    def scores(frames):
        evidence = np.array([(f[:, :10] < 128).mean() * 2 for f in frames])
        chances = np.full((len(frames), 2), 1e-9)
        chances[:, 0], chances[:, 1] = evidence, 1 - evidence
        return np.log(np.maximum(chances, 1e-9)), np.zeros(len(frames))

    predictor = SimpleNamespace(texts="가나", scores=scores)
    left, right = np.zeros((1, 20, 20)), np.zeros((1, 20, 20))
    left[:, :, :10], right[:, :, 10:] = 1.0, 1.0
    number = np.array([hangul.encode("가")[0]])
    assert deletion(predictor, frame[None], number, 0, left) == pytest.approx(0.4, abs=0.02)
    assert deletion(predictor, frame[None], number, 0, right) == pytest.approx(1.0, abs=0.02)


@pytest.mark.backend
def test_heat_lies_on_what_decides():
    """A network whose answer hangs on the upper left quarter alone: both methods say so."""
    import keras
    from keras import layers

    from predictors.reading.attribution import Explainer

    image = layers.Input((32, 32, 1), dtype="uint8")
    maps = layers.Conv2D(16, 4, strides=4, kernel_initializer="ones", name="maps")(layers.Rescaling(-1 / 255, offset=1.0)(image))
    seen = layers.Cropping2D(((0, 4), (0, 4)))(maps)
    total = layers.Dense(1, kernel_initializer="ones")(layers.Flatten()(seen))
    scores = layers.Concatenate()([total, -total])
    model = keras.Model(image, {"scores": scores, "known": total[:, 0]})
    fake = type("Fake", (), {"inference": model, "head": type("Head", (), {"texts": "가나"})(), "maps": maps})()
    heat = Explainer(fake).heat(np.full((1, 32, 32), 40, np.uint8), np.array([hangul.encode("가")]))
    own = heat["layer_cam"][0, 0]
    assert own[:16, :16].sum() > 0.9 * own.sum()
    assert heat["grad_cam"].shape == (1, 3, 32, 32) and np.isfinite(heat["grad_cam"]).all()
