# The user's two commands: `make demo` and `make test`. Both set everything up on a fresh machine.
PYTHON ?= python3
BIN := .venv/bin
UV_VERSION := 0.13.9

.PHONY: demo test lint format bench pin schema clean

demo: .venv/ready
	$(BIN)/calliper demo --out demo

test: .venv/ready
	$(BIN)/python -m pytest

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/bench
	$(BIN)/python bench/run.py

# Peers are installed for the benchmarks alone.
.venv/bench: .venv/ready requirements/bench.txt
	$(call install,-r requirements/bench.txt)
	touch $@

.venv/ready: requirements/dev.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Calliper needs Python 3.11 or later; try: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	-$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(call install,-r requirements/dev.txt)
	$(call install,--no-deps --editable .)
	touch $@

# uv where it can be had (seconds); pip where it cannot.
define install
$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python $(1) || $(BIN)/python -m pip install --quiet --disable-pip-version-check $(1)
endef

# Pin the requirements anew after editing requirements/*.in.
pin: .venv/ready
	for kind in run dev bench; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --upgrade \
	    --custom-compile-command "make pin" requirements/$$kind.in -o requirements/$$kind.txt || exit 1; \
	done

# Write the JSON Schema that ships with the package anew after editing protocol/specs.py.
schema: .venv/ready
	$(BIN)/calliper schema > src/calliper/protocol/study.schema.json

clean:
	rm -rf .venv demo out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
