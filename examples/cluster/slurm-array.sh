#!/usr/bin/env bash
# One search by all tasks of a Slurm job array:
#
#     sbatch --array=0-63 --cpus-per-task=8 slurm-array.sh --space nds-darts --samples 1000000
#
# The first task begins the study, the others join it. STORE names the database, on a server that all nodes
# reach; its password is in ~/.pgpass. The folder from which the job is submitted must be one that all nodes see.
set -euo pipefail

store="${STORE:-postgres://untrained@database/studies}"
log="study-$SLURM_ARRAY_JOB_ID.log"

if [ "$SLURM_ARRAY_TASK_ID" = "$SLURM_ARRAY_TASK_MIN" ]; then
    exec untrained --batch search "$@" --store "$store" 2>"$log"
fi
# A node may see the file of another one seconds later.
until id="$(sed -n 's/^study //p' "$log" 2>/dev/null | head -n 1)" && [ -n "$id" ]; do
    sleep 1
done
exec untrained --batch search --join "$id" --store "$store"
