# `make` alone lists the targets. PIP_FLAGS is passed to pip, for example to name an index with CPU builds of torch; WHEELS=
# lets it build what has no wheel for a machine.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
PIP_FLAGS ?=
# nothing of a stranger's runs at installation
WHEELS ?= --only-binary :all:
BYLINE_HOME ?= $(CURDIR)/.byline
export BYLINE_HOME
BIN := .venv/bin
# half of the time of the tests is waiting, so there are more at once than processors. A file's tests stay together, as
# they share its fixtures; files go in order, since xdist by itself leaves those of few and long tests to the end.
JOBS ?= 3
PARALLEL := --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder
# how much of each the resilience targets try, and what is drawn at random
KILLS ?= 1000
STATES ?= 2000
EVERY ?= 1
OPERATIONS ?= 100000
COPIES ?= 1000
SEED ?= 20261128
EXAMPLE := Why did Oh Chong-song keep driving?

.PHONY: help setup serve test lint fast schema crash faults model damage drills format wheel clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-8s %s\n", $$1, $$2}'

setup: .venv/.complete ## Create .venv from the pinned versions

.venv/.complete: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Byline needs Python 3.11 or newer, this is " + sys.version)'
	@echo "Installing the pinned versions into .venv: some 3 GB, which takes minutes"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt $(WHEELS) $(PIP_FLAGS) --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt $(WHEELS) $(PIP_FLAGS) --group dev --editable .
	@touch $@

serve: setup ## Index the shipped articles and serve on 127.0.0.1:8000
	$(BIN)/byline add --shipped
	$(BIN)/byline serve --ask "$(EXAMPLE)"

test: lint ## Lint, format check, types, import contracts and all tests
	HF_HUB_OFFLINE=1 $(BIN)/python -m pytest $(PARALLEL)

lint: setup ## Everything that needs no test run
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fast: setup ## The tests that need neither the model nor a server nor a browser
	$(BIN)/python -m pytest $(PARALLEL) -m "not model and not server and not browser"

drills: setup ## The real service ended, indexed anew and asked very often under load; about an hour
	HF_HUB_OFFLINE=1 $(BIN)/python -m tests.resilience.drills ends --rounds 100
	HF_HUB_OFFLINE=1 $(BIN)/python -m tests.resilience.drills swaps --rounds 100
	HF_HUB_OFFLINE=1 $(BIN)/python -m tests.resilience.drills cycles --rounds 1000
	HF_HUB_OFFLINE=1 $(BIN)/python -m tests.resilience.soak --queries 1000000
	HF_HUB_OFFLINE=1 $(BIN)/python -m eval.cost.overload

schema: setup ## 20,000 requests made up from the OpenAPI document, ten times as many as `make test` sends
	HF_HUB_OFFLINE=1 SCHEMA_CASES=20000 $(BIN)/python -m pytest tests/service/test_openapi.py

model: setup ## 100,000 random operations beside a model of the library: no mismatch
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.resilience.model $(OPERATIONS) $(SEED)

damage: setup ## 1,000 damaged copies of a home: each answers as before, or says what is damaged
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.resilience.corruption $(COPIES) $(SEED)

crash: setup ## 1,000 kills, 2,000 power cuts, and a kill and two errors at every change on disk; takes an hour
	$(BIN)/python -m tests.resilience.kills --kills $(KILLS) --seed $(SEED)
	$(BIN)/python -m tests.resilience.power --states $(STATES) --seed $(SEED)
	$(BIN)/python -m tests.resilience.failpoints --every $(EVERY)

faults: setup ## Put each of some 40 faults into a copy of the tree, and have the tests find it
	HF_HUB_OFFLINE=1 $(BIN)/python -m tests.resilience.faults

format: setup ## Format the code and sort its imports
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

wheel: setup ## Build dist/byline-*.whl
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

clean: ## Delete the environment and caches; the library in .byline stays
	rm -rf .venv dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
