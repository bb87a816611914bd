"""A trained reader whose answers another one learns from."""

from pathlib import Path
from typing import Any

import grain
import numpy as np

from base.bundle import Bundle
from base.errors import UserError
from models.losses.distillation import TEACHER
from predictors.engines.networks import keras_network, load_model

MUST_AGREE = {"charset": "characters", "frame_px": "frames", "height_px": "height"}


class Teach(grain.transforms.Map):
    """Adds the teacher's logits, float16 (batch, frames, classes), to the targets of each batch.

    Args:
        folder: the teacher's bundle.
        facts: of the student, `BaseModel.facts`.

    Raises:
        UserError: the two have not the same characters or frames.
    """

    def __init__(self, folder: str, facts: dict[str, Any]) -> None:
        bundle = Bundle.load(Path(folder))
        for name, told in MUST_AGREE.items():
            if bundle.facts.get(name) != facts[name]:
                raise UserError(f"trainer.distil={folder}: this reader has other {told} ({name}) than the one that is trained")
        self.answer = keras_network(load_model(bundle))
        self.frame_px = facts["frame_px"]

    def map(self, element: tuple[Any, Any]) -> tuple[Any, Any]:
        inputs, targets = element
        frames = inputs["image"].shape[2] // self.frame_px  # the teacher may have been given a wider picture
        return inputs, {**targets, TEACHER: np.asarray(self.answer(inputs)[:, :frames], np.float16)}
