"""Networks for ONNX Runtime, kept only if they answer as Keras does."""

import numpy as np
def add_onnx(bundle, model): pass
