# Two commands are all a newcomer needs: `make demo` and `make test`. Each installs what is missing.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
RIVALS := $(VENV)/.rivals
# One process more than the two cores that the suite is meant for: many tests wait for servers.
WORKERS ?= 3
EXAMPLES := examples/taco-truck examples/agency-client examples/software-blog

.PHONY: help install demo test test-real lint bench bench-faults bench-packs rivals docs format lock clean

help: ## Show these targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

install: $(STAMP) ## Make .venv with the drumbeat command (by uv, or venv and pip)

$(STAMP): pyproject.toml requirements/dev.lock
	@echo "Installing Drumbeat into $(VENV) …" >&2
	@if command -v uv >/dev/null 2>&1; then \
	  (test -x $(BIN)/python || uv venv --quiet --python $(PYTHON) $(VENV)) && \
	  uv pip install --quiet --python $(BIN)/python -r requirements/dev.lock && \
	  uv pip install --quiet --python $(BIN)/python --no-deps --editable .; \
	else \
	  (test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)) && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/dev.lock && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .; \
	fi
	@touch $(STAMP)

demo: install ## Run the examples on a real engine (ONCE=1: leave when shown)
	@$(BIN)/drumbeat demo $(EXAMPLES) $(if $(ONCE),--once,)

test: install ## Run the whole suite, offline: style, types, layers, tests
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

test-real: install ## Run the tests against real servers, installed into .real/ once
	@$(BIN)/python -m pytest --real $(or $(ARGS),tests/real)

lint: install ## Style, types and layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: install ## Let the formatter do what it can
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

bench: install rivals ## Measure, as ratios within one run
	@$(BIN)/python -m benchmarks

bench-faults: install rivals ## Kill and break it in a storm, on every platform and beside its peers
	@$(BIN)/python -m benchmarks.faults $(ARGS)

bench-packs: install ## Live through generated years of teams and see what the rule packs catch
	@$(BIN)/python -m benchmarks.packs $(ARGS)

rivals: install
	@test -e $(RIVALS) || { \
	  echo "Installing what the benchmarks compare with …" >&2; \
	  if command -v uv >/dev/null 2>&1; then \
	    uv pip install --quiet --python $(BIN)/python -r requirements/bench.lock; \
	  else \
	    $(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/bench.lock; \
	  fi && touch $(RIVALS); \
	} || echo "That did not work, so they are measured without it." >&2

lock: ## Renew the locks after a change of pyproject.toml (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --no-header --no-emit-index-url --no-annotate pyproject.toml -o requirements/runtime.lock
	uv pip compile --quiet --universal --python-version 3.11 --no-header --no-emit-index-url --no-annotate pyproject.toml --group dev -o requirements/dev.lock
	uv pip compile --quiet --universal --python-version 3.11 --no-header --no-emit-index-url --no-annotate pyproject.toml --group dev --group bench -o requirements/bench.lock

docs: install ## Write the reference pages that are made from code
	@$(BIN)/python -m docs.build

clean: ## Remove the environment and every cache
	rm -rf $(VENV) .real .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info
