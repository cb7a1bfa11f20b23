# Everything runs from .venv at the root, which is made on first use and made anew when
# pyproject.toml, constraints.txt or the Python version changes. No target needs a terminal.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
BIN := .venv/bin
ADVISOR_FUZZ_EXAMPLES ?= 200000
# Each process takes neighbouring tests, which share what is made once for a module; at the end it takes those of the other.
SPREAD := -n 2 --dist worksteal

# The starter kit, as it lies before it is written.
KIT := reports/templates/starter

# Two words: the version, and "py313" from Python 3.13 on.
python := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2], "py313" * (sys.version_info >= (3, 13)))' 2>/dev/null)
made := .venv/.made-$(firstword $(python))

# Also holds for what pip installs in order to build: older pips read the first, newer ones the second.
# Relative, because pip splits these at spaces: pip is only run from here.
export PIP_CONSTRAINT := constraints.txt
export PIP_BUILD_CONSTRAINT := constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Python 3.13 removed PyEval_CallObject, which durable_rules still calls: it builds and then fails at import.
# Its setup.py overwrites CFLAGS, so CPPFLAGS carries the new name; and no cache, where a wheel built without it may lie.
ifeq ($(filter py313,$(python)),py313)
export CPPFLAGS := $(strip $(CPPFLAGS) -DPyEval_CallObject=PyObject_CallObject)
export PIP_NO_CACHE_DIR := 1
endif

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  with PYTHON=python3.12 and the like for another Python (at least 3.11)"

.PHONY: venv
venv: $(made) ## set up .venv with the tested versions

$(made): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "error: Python 3.11 or newer is needed, but PYTHON=$(PYTHON) is $$($(PYTHON) --version 2>&1 || true)" >&2; \
	  echo "help: name another one, as in: make PYTHON=python3.12 venv" >&2; exit 1; }
	@echo "setting up .venv (Python $(firstword $(python)))"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --editable '.[dev,pdf,web]'
	@$(BIN)/python -c 'import durable_rules_engine'
	@touch $@

.PHONY: run
run: $(made) ## interview you in a terminal; without one, decide an example and print its memo
	@if [ -t 0 ] && [ -t 2 ]; then \
	  exec $(BIN)/advisor interview --out decisions $$(test -e decisions/decision.interview.json && echo --resume); \
	else \
	  exec $(BIN)/advisor decide examples/exercise-38-3-2.scenario.yaml; \
	fi

.PHONY: serve
serve: $(made) ## serve the web page at http://127.0.0.1:8765/
	exec $(BIN)/advisor serve

.PHONY: docs
docs: $(made) ## record the interviews of the documentation, draw the packages, photograph the pages
	$(BIN)/python -m docs.record_interview
	$(BIN)/python docs/draw_architecture.py
	$(BIN)/python -m docs.photograph_pages

.PHONY: lint
lint: $(made) ## ruff, mypy, the import layers and the rulebook
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	MYPYPATH=$(KIT) $(BIN)/mypy $(KIT)/images $(KIT)/tests/stubs.py
	$(BIN)/lint-imports --no-logo
	$(BIN)/advisor rules check

.PHONY: format
format: $(made) ## mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: test
test: lint ## lint and all tests but those of the next three targets (under 10 minutes)
	$(BIN)/pytest $(SPREAD) -m "not pages and not spark" --ignore=tests/sweep --ignore=tests/rule_testing

.PHONY: rules-test
rules-test: $(made) ## what maintainers of rules rely on: proofs, coverage, mutants, diagnostics
	ADVISOR_PROPERTIES=1 $(BIN)/pytest tests/rule_testing -n 2 --dist loadfile

.PHONY: sweep-test
sweep-test: $(made) ## files of scenarios decided at once
	$(BIN)/pytest tests/sweep -m "not spark" $(SPREAD)

.PHONY: pages
pages: $(made) ## look at every page in Chromium
	$(BIN)/pytest tests/report tests/monitor tests/web -m pages $(SPREAD)

.PHONY: properties
properties: $(made) ## the properties over generated scenarios and every wrong input, many more than in make test
	ADVISOR_PROPERTIES=1 $(BIN)/pytest tests -m "fuzz and not spark" --ignore=tests/rule_testing $(SPREAD)

.PHONY: fuzz
fuzz: $(made) ## the properties with ADVISOR_FUZZ_EXAMPLES=200000 examples each
	ADVISOR_FUZZ_EXAMPLES=$(ADVISOR_FUZZ_EXAMPLES) $(BIN)/pytest tests -m fuzz $(SPREAD)

.PHONY: agree
agree: $(made) ## all readings and explanations against one another, in full: a million scenarios
	ADVISOR_AGREE=1 $(BIN)/pytest tests/properties/test_sweep_agrees.py tests/properties/test_z3_agrees.py \
	  tests/properties/test_explanations.py $(SPREAD)

.PHONY: spark-test
spark-test: $(made) ## install the spark extra, sweep and read usage on Spark (needs Java)
	@$(BIN)/python -m pip install --quiet --editable '.[spark]'
	$(BIN)/pytest tests/sweep tests/monitor tests/properties/test_sweep_agrees.py -m spark

.PHONY: bench
bench: $(made) ## time decisions, explanations, sweeps, usage files and proofs
	@$(BIN)/python -m pip install --quiet --editable '.[bench]'
	$(BIN)/python benchmarks/run.py
	$(BIN)/python -m benchmarks.explanations
	$(BIN)/python -m benchmarks.catalogue
	$(BIN)/python -m benchmarks.sweep_readings
	$(BIN)/python -m benchmarks.sweep_files
	$(BIN)/python -m benchmarks.usage_files
	$(BIN)/python -m benchmarks.trigger_rules
	$(BIN)/advisor rules prove

.PHONY: soak
soak: $(made) ## 200,000 decisions in one process with flat memory
	$(BIN)/python benchmarks/soak.py

.PHONY: wheel-test
wheel-test: $(made) ## build the wheel and decide with it, away from the repository
	@.ci/wheel-test

.PHONY: starter-test
starter-test: $(made) ## write three starter kits, install them and run their own tests (downloads PyTorch)
	@.ci/starter-test

.PHONY: other-python
other-python: $(made) ## the same memos to the byte on another Python (3.12 or 3.11)
	@.ci/other-python

.PHONY: constraints
constraints: ## write constraints.txt anew: the newest versions that pyproject.toml allows
	@set -e; tmp=$$(mktemp -d); trap 'rm -rf "$$tmp"' EXIT; unset PIP_CONSTRAINT PIP_BUILD_CONSTRAINT; \
	$(PYTHON) -m venv "$$tmp/venv"; \
	"$$tmp/venv/bin/python" -m pip install --quiet --upgrade setuptools hatchling '.[dev,bench,pdf,proof,spark,web]'; \
	"$$tmp/venv/bin/python" -m pip freeze --all --exclude pip --exclude rent-or-own > "$$tmp/constraints.txt"; \
	cp "$$tmp/constraints.txt" constraints.txt

.PHONY: clean
clean: ## remove .venv, caches and what was built
	rm -rf .venv build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
