"""What the configs of the readers of syllables have in common."""

from dataclasses import dataclass

from base.errors import UserError
from base.registry import unknown_name
from preprocessing.text.hangul import hangul_only

INPUTS = ("grey", "direct_map")
LINKS = ("flatten", "gap", "gwap", "gwoap")
HEADS = ("independent", "dependent", "complete", "iterative", "sequence")


@dataclass
class Head:
    """How jamo are told from what the trunk found; see `models.layers.jamo_heads`."""

    name: str  # independent, dependent, complete, iterative, sequence
    width: int  # units of the dense layer before it, 0 for none
    state: int  # units of the states of iterative and sequence, and of what dependent is told
    steps: int  # of iterative
    charset: str | None  # of complete: the syllables and jamo that it tells apart; null: those of the training


@dataclass
class Loss:
    """Weights of the parts of the loss, and what goes into them."""

    label_smoothing: float  # 0..1
    known: float  # that a picture is one syllable at all
    adversarial: float  # that handwriting cannot be told from print (gradient reversal)
    centre: float  # centre loss


@dataclass
class Hangul:
    """The keys of every reader of syllables."""

    name: str
    task: str
    image_px: int  # side of the square that syllables are framed in
    input: str  # grey, direct_map
    link: str  # flatten, gap, gwap, gwoap
    dropout: float  # 0..1, before the head
    head: Head
    loss: Loss


def check_hangul(cfg) -> None:
    """Raises UserError where model and task do not go together, or the parts make no network."""
    model = cfg.model
    if model.task != cfg.task.name:
        raise UserError(f"model={model.name} is for task={model.task}, not for task={cfg.task.name}")
    for key, value, known in (
        ("input", model.input, INPUTS),
        ("link", model.link, LINKS),
        ("head.name", model.head.name, HEADS),
    ):
        if value not in known:
            raise UserError(f"model.{key}: " + unknown_name("choice", value, list(known)))
    if not 0.0 <= model.dropout < 1.0 or not 0.0 <= model.loss.label_smoothing < 1.0:
        raise UserError("model.dropout and model.loss.label_smoothing: parts from 0 to below 1 are needed")
    if min(model.loss.known, model.loss.adversarial, model.loss.centre) < 0:
        raise UserError("model.loss: weights of 0 or more are needed")
    if model.head.width < 0 or min(model.head.state, model.head.steps) < 1:
        raise UserError("model.head: state and steps must be at least 1, width at least 0")
    if model.head.charset is not None:
        if model.head.name != "complete":
            raise UserError(f"model.head.charset is for model.head.name=complete: {model.head.name} tells all syllables apart")
        hangul_only(model.head.charset, "model.head.charset")
    if model.image_px < 32:
        raise UserError(f"model.image_px={model.image_px}: at least 32")
