"""The eraser's loss and metric against their definitions in NumPy."""

import numpy as np
import pytest

from base.types import ARTIFACT, FAMILIES, Ink

pytestmark = pytest.mark.backend


@pytest.fixture
def case(rng):
    ink = rng.choice([0, 1, 16, 17, 4, 128], (2, 4, 8)).astype(np.uint8)
    logits = rng.normal(0, 2, (2, 4, 8, 6)).astype(np.float32)
    return ink, logits


def truth_of(ink):
    maps = [(ink & flag) != 0 for flag in (*FAMILIES.values(), Ink.TEXT)]
    return np.stack([*maps, ((ink & Ink.TEXT) != 0) & ((ink & ARTIFACT) != 0)], axis=-1).astype(float)


def test_bits_become_maps(case):
    import keras

    from models.families.eraser import unpack_ink

    maps, known = unpack_ink(keras.ops.convert_to_tensor(case[0]))
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(maps), truth_of(case[0]))
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(known)[..., 0], (case[0] & Ink.UNSURE) == 0)


def test_loss_is_cross_entropy_plus_dice_of_the_known_pixels(case):
    import keras

    from models.families.eraser import InkLoss

    ink, logits = case
    weights = {"cross_entropy": 2.0, "dice": 0.5, "artifact": 3.0}
    got = float(InkLoss(weights)(keras.ops.convert_to_tensor(ink), keras.ops.convert_to_tensor(logits)))
    truth, known = truth_of(ink), ((ink & Ink.UNSURE) == 0)[..., None].astype(float)
    chance = 1 / (1 + np.exp(-logits.astype(float)))
    entropy = -(truth * np.log(chance) + (1 - truth) * np.log(1 - chance)) * (1 + 2.0 * truth) * known
    shared = (chance * truth * known).sum((0, 1, 2))
    either = (chance * known).sum((0, 1, 2)) + (truth * known).sum((0, 1, 2))
    dice = np.mean(1 - (2 * shared + 1) / (either + 1))
    assert got == pytest.approx(2.0 * entropy.sum() / (known.sum() * 6 + 1) + 0.5 * dice, rel=1e-4)


def test_pixels_of_unknown_truth_do_not_count(case):
    import keras

    from models.families.eraser import InkLoss

    ink, logits = case
    other = np.where((ink & Ink.UNSURE != 0)[..., None], -logits, logits)
    loss = InkLoss({"cross_entropy": 1.0, "dice": 1.0, "artifact": 1.0})
    first, second = (float(loss(keras.ops.convert_to_tensor(ink), keras.ops.convert_to_tensor(x))) for x in (logits, other))
    assert first == pytest.approx(second, rel=1e-5)


def test_metric_is_f1_over_artifacts_that_are_not_text(case):
    import keras

    from models.families.eraser import ArtifactF1

    ink, logits = case
    metric = ArtifactF1()
    metric.update_state(keras.ops.convert_to_tensor(ink), keras.ops.convert_to_tensor(logits))
    known = (ink & Ink.UNSURE) == 0
    present = ((ink & ARTIFACT) != 0) & ((ink & Ink.TEXT) == 0) & known
    found = (logits[..., :4] > 0).any(-1) & (logits[..., 4] <= 0) & known
    expected = 2 * (present & found).sum() / (present.sum() + found.sum())
    assert float(metric.result()) == pytest.approx(expected, rel=1e-4)


@pytest.mark.backend
def test_a_student_that_answers_like_its_teacher_has_nothing_to_learn(rng):
    from models.losses.distillation import distillation_loss

    logits = rng.normal(size=(3, 7, 5)).astype(np.float32)
    frames = np.array([7, 4, 2], np.int32)
    assert float(distillation_loss(logits, logits, frames)) == pytest.approx(0.0, abs=1e-5)
    other = logits.copy()
    other[1, 4:] += rng.normal(size=(3, 5))  # beyond the line's end
    assert float(distillation_loss(logits, other, frames)) == pytest.approx(0.0, abs=1e-5)
    other[0, 0] += rng.normal(size=5)
    assert float(distillation_loss(logits, other, frames)) > 0.01
