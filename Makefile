# One entry for everything. Needs make and Python 3.11+; the rest is installed into .venv from hash-pinned locks.
#   make demo ARGS='--seed 7 --json'        options are handed on
#   make demo PYTHON=/opt/python3.13/bin/python3

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.NOTPARALLEL:

PYTHON ?=
ARGS ?=
# Twice the cores of a small machine: half of the time the tests wait for somebody.
JOBS ?= 4
# What touches the store runs on SQLite with everything else, and on PostgreSQL again (`tests/conftest.py`).
ON_BOTH_STORES := tests/store tests/journeys tests/runner tests/connectors tests/flows
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-installed
DEV := $(VENV)/.dev-installed
TEST_SERVICES := $(VENV)/.test-services

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

.PHONY: help demo test check soak mutants up lock

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile

demo: $(RUNTIME) ## a month of deals into the emulated NetSuite, then the report
	@$(BIN)/tieout demo $(ARGS)

up: $(RUNTIME) ## the demo, left running with instructions how to look around
	@$(BIN)/tieout demo --keep $(ARGS)

check: $(DEV) ## lint, types, import contracts, docs, requirement coverage
	@$(BIN)/ruff check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m pytest tests/tidy

test: check $(TEST_SERVICES) ## check, then every test
	@$(BIN)/python -m pytest -n $(JOBS) --ignore=tests/tidy $(ARGS)
	@$(BIN)/python -m pytest -n $(JOBS) --store postgres $(ON_BOTH_STORES) $(ARGS)

soak: $(DEV) ## long runs under faults, then SIGKILL at every crash point
	@$(BIN)/python tests/soak/run.py $(ARGS)

mutants: $(DEV) ## break the product on purpose; each named mutation must turn its tests red
	@$(BIN)/python tests/mutants/run.py $(ARGS)

lock: $(DEV) ## resolve the dependencies again (ARGS=--upgrade for newer ones)
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-emit-index-url --extra postgres --group build $(ARGS) -o requirements.lock pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-emit-index-url --extra postgres --group build --group dev $(ARGS) -c requirements.lock \
	    -o requirements-dev.lock pyproject.toml

# Everything below speaks on standard error only: `make demo ARGS=--json` prints one JSON object and nothing else.

$(BIN)/python:
	@set -e; \
	found=''; \
	for candidate in $(if $(PYTHON),'$(PYTHON)',python3 python3.14 python3.13 python3.12 python3.11 python); do \
	  if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    found="$$candidate"; break; \
	  fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "Tieout needs Python 3.11 or newer; none found as: $(if $(PYTHON),$(PYTHON),python3 and python3.11 to python3.14)." >&2; \
	  echo "Name one: make demo PYTHON=/path/to/python3.12" >&2; \
	  exit 1; \
	fi; \
	echo "Creating $(VENV) with $$found ..." >&2; \
	"$$found" -m venv $(VENV) >&2 || { \
	  echo "$$found cannot create virtual environments (on Debian and Ubuntu: install python3-venv)." >&2; \
	  rm -rf $(VENV); exit 1; }

$(RUNTIME): requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing from requirements.lock ..." >&2
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock >&2
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e . >&2
	@touch $@

$(DEV): requirements-dev.lock requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing from requirements-dev.lock ..." >&2
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock >&2
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e . >&2
	@touch $(RUNTIME) $@

# What tests need besides Python packages: a PostgreSQL server's programs, where the system has none.
$(TEST_SERVICES): $(DEV) tests/services/prepare.py tests/services/postgres.lock
	@$(BIN)/python tests/services/prepare.py >&2
	@touch $@
