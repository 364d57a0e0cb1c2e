# People and CI run the same targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test lint types imports browser check-tests docs clean

demo: $(READY)  ## digits out of noise in a minute
	$(BIN)/sparring demo

test: $(READY) lint types imports browser check-tests  ## everything CI runs

lint:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types:
	$(BIN)/mypy

imports:
	$(BIN)/lint-imports --no-cache

# The page is tested in Chromium, which Debian has.
browser:
	@command -v chromium chromium-browser google-chrome >/dev/null || { \
		echo "installing Chromium for the tests of the page"; \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; }

# One OpenMP thread per worker: two workers with two threads each would fight for two cores.
check-tests:
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadgroup --browser-must-run

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/pip install --quiet --constraint constraints.txt --editable . --group dev
	touch $(READY)

docs: $(READY)  ## the documentation as a site
	$(BIN)/mkdocs build --strict

clean:
	rm -rf $(VENV)
