#!/usr/bin/env bash
# What `make test-offline` runs: packs a training, runs it for a minute in a bare Python 3.12 without a network, brings it home.
set -euo pipefail
cd "$(dirname "$0")/.."
python=.venv/bin/python place=experiments/offline_test bare=.venv-312
rm -rf "$place"
mkdir -p "$place"

image="numpy opencv-python-headless pillow jax numba scipy lxml pyarrow onnx onnxruntime matplotlib tensorboard protobuf etils
cloudpickle h5py ml_dtypes regex msgpack rich joblib fonttools pyyaml packaging psutil"   # what a deep-learning image has
if [ ! -x $bare/bin/python ]; then
    "${PYTHON312:-python3.12}" -m venv $bare
    # shellcheck disable=SC2086
    $bare/bin/python -m pip install --quiet --disable-pip-version-check --no-compile $image
fi

$python main.py mode=generate data=synthetic data.languages=[en] "data.text.words=[1,3]" data.preset=clean output="$place/sets/drawn" \
    count=60 processes=1
what="experiment=lines_one_set data.root=$place/sets/drawn validation_samples=20 trainer.steps_per_epoch=50"
# shellcheck disable=SC2086
$python main.py mode=offline $what output="$place/offline"
isolated="unshare -rn" network=off
$isolated true 2>/dev/null || { isolated="" network="on (unshare is not allowed here)"; }
mv "$place/offline" "$place/elsewhere"   # nothing may be looked for where it was made
PYTHON="$PWD/$bare/bin/python" $isolated bash "$place/elsewhere/run.sh" "${MINUTES:-1}" "$place/results" runtime.device=cpu
ls -l "$place/results"
# shellcheck disable=SC2086
$python main.py mode=bring_home $what input="$place/results" tracking=none
echo "test-offline: passed, with the network $network"
