# Everything a fresh clone needs; each target sets up what it uses.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo studio test test-browser test-slow test-fast check docs fuzz torture reproduce format clean
MINUTES ?= 10
KILLS ?= 100
HOURS ?= 8

demo: $(VENV)/.installed  ## the whole story on built-in paintings, about three minutes
	$(BIN)/impasto demo

studio: $(VENV)/.installed-studio  ## all of it in a browser
	$(BIN)/impasto studio studio

test: $(VENV)/.installed-dev  ## the tests, but for the slow ones: six minutes on two fast cores
	$(BIN)/python -m pytest -q -n 2 --dist loadfile -m "not slow and not browser"

test-browser: $(VENV)/.installed-dev  ## pages and the studio in Chromium
	$(BIN)/python -m pytest -q -n 2 --dist loadfile -m "browser and not slow"

test-slow: $(VENV)/.installed-dev  ## several processes, whole comparisons, long jobs: SLOW="tests/compare tests/export"
	$(BIN)/python -m pytest -q -n 2 --dist loadfile -m slow $(SLOW)

# What commands share. The other tests train runs, paint or run whole commands.
FAST := core data metrics models \
	test_augment.py test_config.py test_losses.py test_reading.py test_sizes.py

test-fast: $(VENV)/.installed-dev  ## the tests of what commands share, under a minute
	$(BIN)/python -m pytest -q -n 2 --dist loadfile -m "not slow and not browser" $(addprefix tests/,$(FAST))

check: $(VENV)/.installed-dev  ## format, lint, types, import contract
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry src

docs: $(VENV)/.installed-dev  ## the documentation as a site: site/index.html
	$(BIN)/sphinx-build -W --keep-going -q -b html docs site

fuzz: $(VENV)/.installed-dev  ## spoilt files by the thousand: make fuzz MINUTES=10
	$(BIN)/python -m tests.fuzz $(MINUTES) $(if $(SEED),--seed $(SEED))

torture: $(VENV)/.installed-dev  ## kill -9 at random moments of each verb, outputs compared: make torture KILLS=100 VERBS="paint kit"
	$(BIN)/python -m tests.torture $(KILLS) $(if $(SEED),--seed $(SEED)) $(if $(VERBS),--verbs $(VERBS))

reproduce: $(VENV)/.installed  ## published trainings to their length, from checkpoints: HOURS=8 IMPRESSIONISTS=… PAINTINGS=…
	nice -n 5 $(BIN)/python bench/reproduce.py run $(RECIPES) --hours $(HOURS) \
		$(if $(IMPRESSIONISTS),--impressionists '$(IMPRESSIONISTS)') $(if $(PAINTINGS),--paintings '$(PAINTINGS)')
	$(BIN)/python bench/reproduce.py page

format: $(VENV)/.installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml
	$(BIN)/pip install --quiet -e '.[demo]'
	touch $@

$(VENV)/.installed-studio: $(VENV)/bin/python pyproject.toml
	$(BIN)/pip install --quiet -e '.[studio]'
	touch $@

$(VENV)/.installed-dev: $(VENV)/bin/python pyproject.toml
	$(BIN)/pip install --quiet -e '.[dev]'
	touch $@ $(VENV)/.installed
