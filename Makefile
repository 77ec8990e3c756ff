# Needs Python 3.11 or newer, pip, git and make; everything else goes into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check clean

# Extracts the sample articles with the embedded model, and makes the report of them; the first run
# fetches the model (1.1 GB).
demo: $(VENV)/.installed-local
	$(BIN)/llm-extract model pull
	$(BIN)/llm-extract run eval/articles --out demo-output
	$(BIN)/llm-extract show demo-output
	$(BIN)/llm-extract report demo-output
	@echo "The articles: eval/articles. Their records: demo-output/records.jsonl"
	@echo "To look at them: open demo-output/report.html in a browser"

# Tests that need the embedded model, Chromium or Ray run where these are: Ray comes with
# `make .venv/.installed-ray`.
test: $(VENV)/.installed-dev
	$(BIN)/pytest --cov --cov-report=term:skip-covered

check: $(VENV)/.installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

# Leaves the fetched model in its cache: `llm-extract model path` says where that is.
clean:
	rm -rf $(VENV) demo-output dist build .coverage
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.installed-%: pyproject.toml | $(VENV)/.made
	@echo "Installing into $(VENV)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	touch $@

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	touch $@
