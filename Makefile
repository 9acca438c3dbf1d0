# One word for each thing there is to do; `make` alone lists them.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
HOTEL  := kb/examples/grand-hotel
OUT    := build/grand-hotel
PEOPLE ?=
EXPERT := $(BIN)/cop-expert
PIP    := $(BIN)/python -m pip --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test bench format docs clean

help:
	@echo "make demo     install, and reason about a hotel: its communities, one why, its strategy"
	@echo "make test     everything that guards the project: style, types, floors, tests"
	@echo "make bench    how quick it is, and against what (PEOPLE=\"100 1000\": these sizes only)"
	@echo "make format   lay the code out"
	@echo "make docs     write the generated pages of docs/ anew"
	@echo "make clean    remove whatever these commands have made"


# The environments. A stamp says that one is ready; a change of pyproject.toml makes it anew.

$(VENV)/made:
	@echo "Making a virtual environment in $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed, and $(PYTHON) is `$(PYTHON) --version 2>&1`."; \
	  echo "Name another one like this: make PYTHON=python3.13 demo"; exit 1; }
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { \
	  $(PYTHON) -m venv --clear --without-pip $(VENV) && \
	  $(PYTHON) -m pip --quiet --python $(BIN)/python install pip; } || { \
	  echo "$(PYTHON) cannot make a virtual environment with pip in it."; \
	  echo "On Debian and Ubuntu: sudo apt install python3-venv"; rm -rf $(VENV); exit 1; }
	@touch $@

$(VENV)/for-use: $(VENV)/made pyproject.toml
	@echo "Installing cop-expert"
	@$(PIP) install --editable .
	@touch $@

$(VENV)/for-work: $(VENV)/made pyproject.toml
	@echo "Installing cop-expert and what tests it"
	@$(PIP) install --editable '.[dev]'
	@touch $@ $(VENV)/for-use


demo: $(VENV)/for-use
	@mkdir -p $(OUT)
	@echo; echo '$$ cop-expert check $(HOTEL)'
	@$(EXPERT) check $(HOTEL)
	@echo; echo '$$ cop-expert infer $(HOTEL)'
	@$(EXPERT) infer $(HOTEL) > $(OUT)/counts.txt
	@sed -n 1p $(OUT)/counts.txt; echo "  …"
	@echo; echo '$$ cop-expert why $(HOTEL) "Allergens from kitchen to table" Kitchen'
	@$(EXPERT) why $(HOTEL) "Allergens from kitchen to table" Kitchen
	@$(EXPERT) report $(HOTEL) --format md   --output $(OUT)/strategy.md   2>/dev/null
	@$(EXPERT) report $(HOTEL) --format html --output $(OUT)/strategy.html 2>/dev/null
	@echo; echo "The strategy, every statement of it with its reasons:"
	@echo "  $(abspath $(OUT))/strategy.html"
	@echo "  $(abspath $(OUT))/strategy.md"

test: $(VENV)/for-work
	@echo "Style";  $(BIN)/ruff check --quiet && $(BIN)/ruff format --quiet --check
	@echo "Types";  $(BIN)/mypy --no-error-summary
	@echo "Floors"; $(BIN)/lint-imports --no-logo > $(VENV)/floors 2>&1 || { cat $(VENV)/floors; exit 1; }
	@echo "Tests";  $(BIN)/pytest --quiet --numprocesses auto

bench: $(VENV)/for-work
	@$(BIN)/python bench/run.py $(PEOPLE)

format: $(VENV)/for-work
	@$(BIN)/ruff check --quiet --fix-only
	@$(BIN)/ruff format --quiet

docs: $(VENV)/for-work
	@$(BIN)/python docs/generate.py

clean:
	@rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -prune -exec rm -rf {} +
	@find kb -name .cop -prune -exec rm -rf {} +
