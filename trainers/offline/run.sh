#!/usr/bin/env bash
# Trains with what lies in this folder, without a network, so that all is over in so many minutes, compiling and the end too:
#
#     bash run.sh MINUTES RESULTS [key=value ...]
#
# PYTHON names the interpreter (python3.12), KERAS_BACKEND is jax or torch, WORKERS the processes that make batches.
# RESULTS can be brought home after every epoch; the same command goes on with a run that was stopped.
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
export XLA_FLAGS="${XLA_FLAGS:---xla_gpu_force_compilation_parallelism=$(nproc)}"   # else one core compiles, for minutes
cores=$(nproc)
workers=$((cores >= 8 ? cores / 8 * 8 : cores > 2 ? cores - 2 : 0))   # a multiple of trainer.lines.streams=8 shares the planning best
"${PYTHON:-python3.12}" code/main.py mode=fit experiment=offline "trainer.minutes=$minutes" trainer.minutes_of=run "output=$results" \
    tracking=none "runtime.workers=${WORKERS:-$workers}" "$@" 2>&1 | tee -a "$results/log.txt"
