# The user's two commands: `make demo` and `make test`. Both set everything up on a fresh machine.
PYTHON ?= python3
BIN := .venv/bin
UV_VERSION := 0.13.9

.PHONY: demo test lint format bench bench-quick proof pin schema clean

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

# make bench ARGS=--full goes on to 1e8 patients (an hour or two); make bench ARGS=--help lists the rest.
bench: .venv/bench
	$(BIN)/python bench/run.py $(ARGS)

bench-quick: .venv/bench
	$(BIN)/python bench/run.py --quick $(ARGS)

# Peers are installed for the benchmarks alone.
.venv/bench: .venv/ready requirements/bench.txt
	$(call install,-r requirements/bench.txt)
	@touch $@

.venv/ready: requirements/dev.txt pyproject.toml setup.py $(wildcard src/calliper/kernels/_*.[ch])
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Calliper needs Python 3.11 or later, and $(PYTHON) is " + sys.version.split()[0] + "; name another with: make PYTHON=python3.11")'
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@$(PIP) uv==$(UV_VERSION) || echo "uv cannot be had here; pip installs instead, more slowly."
	$(call install,-r requirements/dev.txt)
	@rm -f src/calliper/kernels/_compiled.*.so src/calliper/kernels/_compiled.*.pyd
	$(call install,--no-deps --editable .)
	@$(BIN)/python -c "from calliper.kernels import is_built; print('Sums over many rows: in C.' if is_built() else 'No compiler found: sums over many rows are done by NumPy, more slowly.')"
	@$(BIN)/python -m compileall -q src
	@touch $@

PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check

# uv where it can be had (seconds); pip where it cannot.
define install
@echo "Installing $(1)"
@if [ -x $(BIN)/uv ] && $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python $(1); then :; \
 elif $(PIP) $(1); then :; \
 else echo "Packages could not be installed (the messages above say why). Setting up needs a package index once: behind a" >&2; \
  echo "proxy or a mirror set HTTPS_PROXY or PIP_INDEX_URL, then run make again. Calliper itself runs offline." >&2; \
  exit 1; fi
endef

# Write docs/proof.md anew: what the tests compared with what, and how far apart the farthest two numbers were.
proof: .venv/ready
	cd tests && ../$(BIN)/python -m proof.page

# Pin the requirements anew after editing requirements/*.in.
pin: .venv/ready
	for kind in run dev bench; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --upgrade \
	    --custom-compile-command "make pin" requirements/$$kind.in -o requirements/$$kind.txt || exit 1; \
	done

# Write the JSON Schema that ships with the package anew after editing protocol/specs.py.
schema: .venv/ready
	$(BIN)/calliper schema > .venv/study.schema.json
	mv .venv/study.schema.json src/calliper/protocol/study.schema.json

clean:
	rm -rf .venv demo out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
