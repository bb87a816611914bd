#!/usr/bin/env bash
# Trains for so many minutes with what lies in this folder, without a network:
#
#     bash run.sh MINUTES RESULTS [key=value ...]
#
# PYTHON names the interpreter (python3.12), KERAS_BACKEND is jax or torch, WORKERS the processes that make batches.
# The same command goes on with a run that was stopped.
set -euo pipefail
minutes=${1:?how many minutes} results=$(realpath -m "${2:?a folder for the results}")
shift 2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$results"
cd "$here"
for archive in *.tar.xz; do
    name=${archive%.tar.xz}
    if [ ! -d "$name" ]; then
        rm -rf "$name.partial"
        mkdir "$name.partial"
        tar -xJf "$archive" -C "$name.partial"
        mv "$name.partial" "$name"
    fi
done
export PYTHONPATH="$here/code:$here/packages" KERAS_BACKEND="${KERAS_BACKEND:-jax}"
"${PYTHON:-python3.12}" code/main.py mode=fit experiment=offline "trainer.minutes=$minutes" "output=$results" tracking=none \
    "runtime.workers=${WORKERS:-$(($(nproc) > 2 ? $(nproc) - 2 : 0))}" "$@" 2>&1 | tee -a "$results/log.txt"
