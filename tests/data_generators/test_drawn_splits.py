"""Splits that are drawn by groups: by a hash, which later groups do not change."""

from collections import Counter

import numpy as np
import pytest

from base.data_generator import SPLIT_NUMBERS
from base.errors import EmptySplit
from data_generators.sources.reading.catalogue import Catalogue

RULE = {"split": {"by": "auto", "val": 0.1, "test": 0.1, "seed": 1}, "on_problem": "error"}


def drawn(groups, **changed):
    """The split of each group."""
    catalogue = Catalogue("set", {**RULE, "split": {**RULE["split"], **changed}})
    for place, group in enumerate(groups):
        catalogue.add(place, f"{place}.png", group, None, "")
    found = {}
    for split in SPLIT_NUMBERS:
        try:
            found |= {groups[place]: split for place in catalogue.positions(split)}
        except EmptySplit:
            continue
    return found


def test_new_groups_move_none_that_were_there():
    before = [f"writer {number}" for number in range(60)]
    after = [*before, *(f"guest {number}" for number in range(60))]
    first, second = drawn(before), drawn(after)
    assert {group: second[group] for group in before} == first


def test_parts_are_about_as_large_as_asked_for():
    counts = Counter(drawn([f"writer {number}" for number in range(2000)]).values())
    assert 150 < counts["val"] < 250
    assert 150 < counts["test"] < 250


@pytest.mark.parametrize("count", range(3, 12))
@pytest.mark.parametrize("seed", range(8))
def test_no_split_of_a_small_set_is_empty(count, seed):
    found = drawn([f"writer {number}" for number in range(count)], seed=seed)
    assert set(found.values()) == set(SPLIT_NUMBERS)


def test_two_groups_are_for_training_and_a_part_of_zero_is_none():
    assert set(drawn(["one", "two"]).values()) == {"train"}
    assert set(drawn([f"writer {number}" for number in range(30)], test=0.0).values()) == {"train", "val"}
    assert np.all([split == "train" for split in drawn(["a", "b", "c", "d"], test=0.0, val=0.0).values()])


@pytest.mark.parametrize("place", range(4))
def test_every_correction_of_a_sample_makes_another_collection(place):
    def state(*sample):
        catalogue = Catalogue("set", RULE)
        catalogue.add(0, *sample)
        return catalogue.state

    before = ("a.png", "writer", "train", "one tex")
    after = (*before[:place], f"{before[place]}t", *before[place + 1 :])
    assert state(*before) == state(*before) != state(*after)
