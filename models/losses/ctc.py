"""The CTC loss, by the fastest way that the backend has."""

import keras
from keras import ops


def ctc_loss(labels_BL, lengths_B, logits_BTC, frames_B):
    """The negative log probability of each text (Graves et al. 2006, eq. 8), class 0 being the blank; (batch,).

    On TensorFlow's CPU, `keras.ops.ctc_loss` runs a loop of small operations over the frames, which takes as long as a
    network of a few million parameters (0.28 s for 16 lines of 250 frames); TensorFlow's own kernel for sparse labels
    gives the same numbers in 0.02 s.

    Args:
        labels_BL: int32, classes from 1, 0 beyond a text's end.
        lengths_B: int32, true lengths of the texts; none may need more frames than its line has.
        logits_BTC: float32.
        frames_B: int32, true frames of the lines.
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        if not tf.config.list_physical_devices("GPU"):
            places = tf.where(tf.sequence_mask(lengths_B, tf.shape(labels_BL)[1]))
            sparse = tf.SparseTensor(places, tf.gather_nd(labels_BL, places), tf.cast(tf.shape(labels_BL), tf.int64))
            return tf.nn.ctc_loss(sparse, tf.transpose(logits_BTC, (1, 0, 2)), None, frames_B, blank_index=0)
    return ops.ctc_loss(labels_BL, logits_BTC, lengths_B, frames_B, mask_index=0)
