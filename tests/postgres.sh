#!/usr/bin/env bash
# Runs the tests of the workbench on a PostgreSQL of Debian's package, in a folder of its own; see `make test-postgres`.
set -eu
folder=$(mktemp -d) port=${PORT:-54329}
programs=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
owner=()
if [ "$(id -u)" = 0 ]; then  # PostgreSQL does not run as root
  owner=(runuser -u postgres --)
  chown postgres "$folder"
fi
stop() { "${owner[@]}" "$programs/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null; rm -rf "$folder"; }
"${owner[@]}" "$programs/initdb" -D "$folder/data" -A trust -U palimpsest >/dev/null
"${owner[@]}" "$programs/pg_ctl" -D "$folder/data" -w -l "$folder/log" -o "-p $port -k $folder -h 127.0.0.1" start >/dev/null
trap stop EXIT
"$programs/createdb" -h 127.0.0.1 -p "$port" -U palimpsest palimpsest
PALIMPSEST_TEST_DATABASE="postgresql+psycopg://palimpsest@127.0.0.1:$port/palimpsest" PYTHONPATH=.venv-postgres \
  .venv/bin/python -m pytest -q -p no:xdist tests/predictors/workbench
