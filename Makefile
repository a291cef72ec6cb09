# `make demo` and `make test` set up .venv themselves. Python 3.12 or newer and make are enough.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LOCK := requirements-dev.lock
PYTHON ?= $(shell for p in python3.12 python3.13 python3.14 python3; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && { echo "$$p"; break; }; done)

.PHONY: demo install test check lint wheel opensearch opensearch-stop lock clean

demo: $(STAMP)
	$(BIN)/python -m l0pyserini.demo

install: $(STAMP)

test: $(STAMP)
	$(BIN)/python -m pytest -n 2

check: lint test

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Compiled here, torch and transformers load in half the time, also where Python may not write
# bytecode when it runs, as in many containers.
$(STAMP): setup.cfg pyproject.toml $(LOCK)
	@test -n "$(PYTHON)" || { echo "l0pyserini needs Python 3.12 or newer, and none was found." \
		"Install one, for example: apt install python3.12 python3.12-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip install --quiet --compile-bytecode -r $(LOCK)
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip install --quiet --no-deps -e .
	@touch $@

# What an earlier build left would go into the wheel.
wheel: $(STAMP)
	rm -rf build
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps \
		--no-build-isolation --wheel-dir dist .

# A cluster of three nodes to try, on ports 9200 to 9202. docs/opensearch.md says what for.
OPENSEARCH ?= /var/tmp/l0pyserini-opensearch-$(shell id -u)
opensearch:
	@tools/opensearch start $(OPENSEARCH) 3

opensearch-stop:
	@tools/opensearch stop $(OPENSEARCH)

# Newer versions of everything: edit setup.cfg, then `make lock`.
lock:
	$(BIN)/uv pip compile --quiet --universal --python-version 3.12 --no-header \
		--extra test setup.cfg -o $(LOCK)

clean:
	rm -rf $(VENV)
