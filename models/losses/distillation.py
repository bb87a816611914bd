"""Learning from what a larger network says of each frame."""

from keras import ops

TEACHER = "teacher"  # the target that holds a teacher's logits
FRAMES_A_CHARACTER = 5.0  # about: so that the loss has the scale of the CTC loss per character


def distillation_loss(teacher_BTC, student_BTC, frames_B):
    """The cross-entropy of a student's frames with a teacher's (Hinton et al. 2015), less what it can be at best; a scalar.

    That is the Kullback-Leibler divergence, averaged over the frames of all lines, times the frames of a character.

    Args:
        teacher_BTC: logits, any float; not trained.
        student_BTC: logits float32.
        frames_B: int32, true frames of the lines.
    """
    wanted = ops.log_softmax(ops.cast(teacher_BTC, "float32"), axis=-1)
    answered = ops.log_softmax(ops.cast(student_BTC, "float32"), axis=-1)
    distance_BT = ops.sum(ops.exp(wanted) * (wanted - answered), axis=-1)
    inside_BT = ops.cast(ops.arange(ops.shape(distance_BT)[1], dtype="int32")[None, :] < frames_B[:, None], "float32")
    return FRAMES_A_CHARACTER * ops.sum(distance_BT * inside_BT) / ops.maximum(ops.sum(inside_BT), 1.0)
