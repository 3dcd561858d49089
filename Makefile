# Everything goes through `make setup`, which makes .venv and does nothing the second time.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup demo check test test-all format frontend images lock bill clean

PYTHON ?= python3
BIN := .venv/bin
HEADLESS ?= 0
STAMP := .venv/.setup-done

help: ## List the targets.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup: $(STAMP) ## Make .venv with everything; install Chromium where it is missing.

$(STAMP): pyproject.toml constraints.txt tools/setup.sh tools/build_frontend.py jupyter-config/peter_jupyter.json
	@PYTHON="$(PYTHON)" bash tools/setup.sh
	@touch $@

frontend: setup ## Build the TypeScript workspace into peter_jupyter/static when it changed.
	@$(BIN)/python -m tools.frontend

demo: frontend ## Load the flights, publish the demo dashboard and open it (HEADLESS=1: files only).
	@$(BIN)/python -m tools.demo $(if $(filter 1,$(HEADLESS)),--headless,)

check: frontend ## Format, lint, types: Python and TypeScript.
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m tools.frontend check

test: frontend ## Every test but the slow ones.
	@$(BIN)/python -m tools.frontend test
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow"

test-all: frontend ## Every test.
	@$(BIN)/python -m tools.frontend test
	@$(BIN)/python -m pytest -n 2 --dist loadfile

lock: setup ## Write what is installed in .venv into constraints.txt, a server's with its hashes.
	@{ echo "# The exact versions Peter is tested with. Made by: make lock"; \
	  $(BIN)/python -m pip --disable-pip-version-check list --format freeze --exclude-editable \
	    | grep -v -E '^(pip|setuptools|wheel)==' | sort -f; } > constraints.txt
	@$(BIN)/python -m tools.requirements

bill: setup ## Write the bill of materials (CycloneDX) into dist/peter.cdx.json.
	@$(BIN)/python -m tools.bill dist/peter.cdx.json

images: frontend ## Draw the pictures in docs/images again.
	@$(BIN)/python -m tools.images

format: setup ## Format the code.
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

clean: ## Remove what was built.
	rm -rf build dist .venv labextension/node_modules peter_jupyter/static
