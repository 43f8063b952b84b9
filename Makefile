# One command each; the environment is made by the first that needs it. Needs Python 3.11+ with venv, git and make.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
TESTS ?= tests
PYTEST_OPTIONS ?= -n auto --dist loadfile

# Compiled modules are kept, whatever the shell says: every command and every task of Airflow is a process of its own.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help environment demo up test lint format bench lock clean

help:
	@echo 'make demo     the simulated city through Airflow, 2023-08-29 to 08-31, published in ./workspace'
	@echo 'make up       the same, and Airflow kept running with its page for looking around (Ctrl-C ends it)'
	@echo 'make test     all tests (TESTS=tests/unit narrows them)'
	@echo 'make lint     ruff and mypy; make format puts the code in form'
	@echo 'make bench    the figures of the benchmark'
	@echo 'make lock     requirements.lock from pyproject.toml'
	@echo 'make clean    removes the environment, build/ and caches; the workspace stays'

environment: $(READY)

$(READY): requirements.lock pyproject.toml .ci/environment
	@sh .ci/environment $(VENV)
	@touch $@

demo: $(READY)
	@$(BIN)/python -m examples.demo

up: $(READY)
	@$(BIN)/python -m examples.demo --keep-running

test: $(READY)
	@$(BIN)/python -m pytest $(PYTEST_OPTIONS) $(TESTS)

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(READY)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(READY)
	@$(BIN)/clearance bench

lock: $(READY)
	@$(BIN)/uv pip compile pyproject.toml --extra dev -o requirements.lock --quiet --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --custom-compile-command 'make lock'

clean:
	@rm -rf $(VENV) build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +
