"""The five heads: what they add up to, and that they train as they answer."""

import itertools

import numpy as np
import pytest

from base.registry import MODELS
from preprocessing.text import hangul
from tests.conftest import config

pytestmark = pytest.mark.backend
HEADS = ("independent", "dependent", "complete", "iterative", "sequence")
OPTIONS = ("model.loss.adversarial=0.15", "model.loss.centre=0.1", "model.link=flatten")
ONE_QUICKLY = [HEADS[0], *(pytest.param(head, marks=pytest.mark.slow) for head in HEADS[1:])]
TINY = ["model.image_px=32", "model.widths=[8,16]", "model.blocks=[0,0]", "model.dropout=0", "tracking=none"]


def tiny(head, *overrides):
    import keras

    keras.utils.set_random_seed(2)
    charset = "'가각힣ㄱㅏㄳ'" if head == "complete" else "null"
    made = f"model.head={{name:{head},width:16,state:8,steps:2,charset:{charset}}}"
    return MODELS.get("patch_resnet")(config("task=hangul", *TINY, made, *overrides).model)


def pictures(rng, count=2):
    return rng.integers(0, 256, (count, 32, 32, 1), dtype=np.uint8)


def log_softmax(logits):
    return logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)


@pytest.mark.parametrize("head", HEADS)
def test_what_it_learns_is_what_it_answers(head, rng):
    """The scores of the texts are the products of the probabilities that training sees, over all that make a text."""
    model = tiny(head)
    images = pictures(rng)
    scores = np.asarray(model.inference.predict_on_batch(images)["scores"])
    texts = model.head.texts
    some = texts if head == "complete" else [*"가각괜뷁힣ㄱㄳㅣ"]
    brute = []
    for text in some:
        jamo = np.repeat(np.array([hangul.encode(text)], np.int32), 2, axis=0)
        answer = model.network.predict_on_batch({"image": images, "jamo": jamo})
        if head == "complete":
            brute.append(log_softmax(np.asarray(answer["text"])[:, -1])[:, texts.index(text)])
            continue
        parts = [log_softmax(np.asarray(answer[place])[:, -1]) for place in hangul.PLACES]
        brute.append(sum(part[:, jamo[0, at]] for at, part in enumerate(parts)))
    found = scores[:, [texts.index(text) for text in some]]
    difference = np.stack(brute, axis=1) - found  # what is left over belongs to combinations that are no text
    np.testing.assert_allclose(difference, difference[:, :1].repeat(len(some), axis=1), atol=2e-3)
    np.testing.assert_allclose(np.exp(scores).sum(axis=1), 1.0, atol=1e-3)


def test_the_best_texts_are_those_of_all_combinations(rng):
    """Against brute force over every combination of jamo, in log space."""
    from models.layers.jamo_heads import joint_scores

    initial, medial, final = (
        log_softmax(rng.normal(size=(1, *shape)).astype(np.float32)) for shape in ((20,), (20, 22), (20, 22, 28))
    )
    scores = np.asarray(joint_scores(initial, medial, final))[0]
    brute = {}
    for i, m, f in itertools.product(range(20), range(22), range(28)):
        try:
            brute[hangul.decode(i, m, f)] = float(initial[0, i] + medial[0, i, m] + final[0, i, m, f])
        except ValueError:
            continue
    best = sorted(brute, key=brute.get, reverse=True)[:50]
    assert [hangul.TEXTS[place] for place in np.argsort(-scores)[:50]] == best


@pytest.mark.parametrize("head", ONE_QUICKLY)
def test_a_few_pictures_are_learned_by_heart(head, rng):
    import keras

    model = tiny(head)
    images = pictures(rng, 4)
    jamo = np.array([hangul.encode(text) for text in "가각힣ㄱ"], np.int32)
    targets = {"jamo": jamo, "known": np.ones(4, np.float32), "hand": np.full(4, -1, np.float32)}
    model.network.compile(optimizer=keras.optimizers.Adam(1e-2))
    for _ in range(200):  # as many as the moving averages of the normalisation need
        model.network.train_on_batch({"image": images, "jamo": jamo}, targets)
    scores = np.asarray(model.inference.predict_on_batch(images)["scores"])
    assert "".join(model.head.texts[place] for place in scores.argmax(axis=1)) == "가각힣ㄱ"


@pytest.mark.parametrize("extra", [["model.input=direct_map"], *(pytest.param([key], marks=pytest.mark.slow) for key in OPTIONS)])
def test_the_options_train(extra, rng):
    import keras

    model = tiny("dependent", *extra)
    images, jamo = pictures(rng, 4), np.array([hangul.encode(text) for text in "가각힣ㄱ"], np.int32)
    targets = {"jamo": jamo, "known": np.array([1, 1, 1, 0], np.float32), "hand": np.array([1, 0, -1, -1], np.float32)}
    model.network.compile(optimizer=keras.optimizers.Adam(1e-2))
    losses = [float(model.network.train_on_batch({"image": images, "jamo": jamo}, targets)) for _ in range(25)]
    assert losses[-1] < 0.8 * losses[0]


def test_negatives_teach_no_jamo(rng):
    model = tiny("dependent")
    images, jamo = pictures(rng, 2), np.array([hangul.encode(text) for text in "가각"], np.int32)
    losses = []
    for text in "가뷁":
        model.network.compile(optimizer="sgd")
        other = np.array([jamo[0], hangul.encode(text)], np.int32)
        targets = {"jamo": other, "known": np.array([1, 0], np.float32), "hand": np.full(2, -1, np.float32)}
        losses.append(float(model.network.test_on_batch({"image": images, "jamo": jamo}, targets)))
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)


def test_the_reversed_gradient_is_reversed():
    from models.families.hangul import ReversedGradient
    from utils.compute.gradients import gradient

    layer = ReversedGradient()
    at = np.array([[1.0, -2.0]], np.float32)
    import keras

    np.testing.assert_allclose(np.asarray(layer(at)), at)
    np.testing.assert_allclose(gradient(lambda x: keras.ops.sum(layer(x) * 3.0), at), [[-3.0, -3.0]])


def test_directed_gradients_add_up(rng):
    """An edge shows in the maps of its direction, and in no other."""
    from models.layers.direct_map import DirectMap

    image = np.zeros((1, 16, 16, 1), np.float32)
    image[:, :, 8:] = 1.0
    maps = np.asarray(DirectMap()(image))[0, 4:12, 4:12]
    east, others = maps[..., 0], maps[..., 1:]
    assert east.max() > 1.0
    assert others.max() < 1e-6
