#!/usr/bin/env bash
# Trains for so many minutes with what lies in this folder, without a network:
#
#     bash run.sh MINUTES RESULTS [key=value ...]
#
# PYTHON names the interpreter (python3.12), KERAS_BACKEND is jax or torch, WORKERS the processes that make batches. The same command goes on with a run that was stopped.
set -euo pipefail
minutes=${1:?how many minutes} results=$(realpath -m "${2:?a folder for the results}")
shift 2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=${WORK:-$here}
mkdir -p "$work" "$results"
if [ ! -d "$work/packages" ]; then
    mkdir "$work/packages.partial"
    tar -xJf "$here/packages.tar.xz" -C "$work/packages.partial"
    mv "$work/packages.partial" "$work/packages"
fi
export PYTHONPATH="$here/code:$work/packages" KERAS_BACKEND="${KERAS_BACKEND:-jax}"
cd "$here"
"${PYTHON:-python3.12}" code/main.py mode=fit experiment=offline "trainer.minutes=$minutes" "output=$results" tracking=none \
    "runtime.workers=${WORKERS:-$(($(nproc) - 2))}" "$@" 2>&1 | tee -a "$results/log.txt"
