# Each target sets up .venv by itself; the first run downloads, later runs start at once.

PYTHON  ?= python3
VENV    := .venv
BIN     := $(VENV)/bin
READY   := $(VENV)/.ready
READERS := .venv-readers
DEMO    := runs/demo

.PHONY: demo test bench bench-growth bench-optimize cases lint hooks pins clean help

help:
	@echo "make demo    the cheapest plan for a real district office, and its report"
	@echo "make test    all tests"
	@echo "make bench   speed of the engines, written to benchmarks/"
	@echo "make bench-growth  what a run costs from 10^4 to 10^8 visits, and a province's year"
	@echo "make bench-optimize  the optimiser: proofs, plans held against the truth, other optimisers beside it"
	@echo "make cases   published before/after figures: calibrated, predicted, compared"
	@echo "make lint    ruff, mypy, and the import contracts between rooms"
	@echo "make hooks   run ruff and the contracts before each commit"
	@echo "make pins    write the versions now in .venv to constraints.txt"

demo: $(READY)
	$(BIN)/simgov optimize scenarios/district_hall/scenario.yaml --out $(DEMO)
	$(BIN)/simgov report $(DEMO) -o $(DEMO)/report.html

test: $(READY) $(READERS)/.ready
	$(BIN)/python -m pytest -n 2

bench: $(READY)
	@$(BIN)/python -c 'import ciw' 2>/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	$(BIN)/python -m benchmarks

bench-growth: $(READY)
	$(BIN)/python -m benchmarks.growth

# Or some sections: make bench-optimize SECTIONS="tandems large"
bench-optimize: $(READY)
	@$(BIN)/python -c 'import cmaes, nevergrad, optuna, pymoo' 2>/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	$(BIN)/python -m benchmarks.optimiser $(SECTIONS)

cases: $(READY)
	$(BIN)/python -m benchmarks.casebook

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

hooks: $(READY)
	$(BIN)/pre-commit install

# A pin is a version that the tests have passed with: upgrade in .venv, run make test, then this.
pins: $(READY)
	@{ echo "# The exact versions simgov is built and tested with; the ranges are in pyproject.toml."; \
	   echo "# Made by: make pins"; \
	   $(BIN)/python -m pip freeze --exclude-editable | grep -vE '^(pip|setuptools)==|@'; } > constraints.tmp
	@mv constraints.tmp constraints.txt

clean:
	rm -rf $(VENV) $(READERS) build dist

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("simgov needs Python 3.11 or later; try: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Setting up $(VENV); the first time this takes a minute or two"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

# Tools that read what simgov writes and need other versions of its libraries; the tests run them as programs.
$(READERS)/.ready: constraints-readers.txt
	@test -x $(READERS)/bin/python || $(PYTHON) -m venv $(READERS)
	@$(READERS)/bin/python -m pip install --quiet --disable-pip-version-check -r constraints-readers.txt
	@touch $@
