#!/usr/bin/env bash
# A Ray cluster for as long as a SLURM job runs: sbatch docs/guides/cluster/ray_on_slurm.sh mode=predict task=pages input=scans output=read
#SBATCH --job-name=palimpsest --nodes=4 --ntasks-per-node=1 --cpus-per-task=16 --time=12:00:00
set -euo pipefail
PATH=$PWD/.venv/bin:$PATH
head=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
srun --nodes=1 --ntasks=1 --nodelist="$head" --cpus-per-task="$SLURM_CPUS_PER_TASK" \
  ray start --head --port=6379 --num-cpus="$SLURM_CPUS_PER_TASK" --block &
sleep 20
srun --nodes=$((SLURM_NNODES - 1)) --ntasks=$((SLURM_NNODES - 1)) --exclude="$head" --cpus-per-task="$SLURM_CPUS_PER_TASK" \
  ray start --address="$head:6379" --num-cpus="$SLURM_CPUS_PER_TASK" --block &
sleep 20
python main.py "$@" cluster=ray cluster.address="$head:6379" cluster.workers=$((SLURM_NNODES * SLURM_CPUS_PER_TASK))   # those that join later too
