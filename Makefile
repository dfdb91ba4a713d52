# Two commands on a new machine: `make run` and `make test`. They set up what they need, and nothing twice.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && break; done)
BIN := .venv/bin
READY := .venv/.ready
CATALOGUES := $(wildcard tracing/translations/*/LC_MESSAGES/*.po)
COMPILED := $(CATALOGUES:.po=.mo)
PYTEST ?= $(BIN)/python -m pytest
WORKERS ?= 2
# One worker runs the whole of a file, in the order of the files: what a file's tests share (a server, a browser) is
# made once. The slow files come early, so that no worker is left alone with one at the end.
SPREAD := --dist loadfile --no-loadscope-reorder

.PHONY: help
help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: setup ## Start everything (database, pages, scheduler) on http://127.0.0.1:8000, with a demo in an empty database
	@exec $(BIN)/tracing run

.PHONY: test
test: setup ## Run every check and every test
	@$(MAKE) --no-print-directory --jobs=$(WORKERS) --output-sync=target $(BEFORE_TESTS)
	@TRACING_TEST_BROWSER="$$(bin/chromium --find)" $(PYTEST) -n $(WORKERS) $(SPREAD)

.PHONY: programs
programs:
	@bin/chromium || [ "$${CI:-}" != true ]
	@bin/nginx

# Tests start some thousand processes of the product; where Python may not write what it compiled
# (PYTHONDONTWRITEBYTECODE, as in many images), each of them would compile every module again.
.PHONY: compiled
compiled: setup
	@$(BIN)/python -m compileall -q tracing migrations tests

.PHONY: quick
quick: setup compiled ## Run all tests but those that take over a minute each
	@TRACING_TEST_BROWSER="$$(bin/chromium --find)" $(PYTEST) -n $(WORKERS) $(SPREAD) -m "not slow"

.PHONY: check-one
check-one: setup ## Check one file and run the tests that belong to it: make check-one FILE=tracing/queue/rules.py
	@$(BIN)/python bin/check-one "$(FILE)"

.PHONY: coverage
coverage: setup ## Run every test and print which lines of the product none of them runs (half as long again)
	@mkdir -p .venv/coverage && $(BIN)/coverage erase
	@TRACING_TEST_BROWSER="$$(bin/chromium --find)" $(BIN)/coverage run -m pytest -n $(WORKERS) $(SPREAD)
	@$(BIN)/coverage combine --quiet && $(BIN)/coverage report

.PHONY: check
check: ## Run the checks that need no database: style, types, imports, templates, migrations
	@$(MAKE) --no-print-directory --jobs=$(WORKERS) --output-sync=target $(CHECKS)

# mypy first: it takes longest, and everything else runs beside it
BEFORE_TESTS = check-types programs compiled $(filter-out check-types,$(CHECKS))
CHECKS := check-types check-style check-imports check-templates check-migrations
.PHONY: $(CHECKS)
check-types: setup
	$(BIN)/mypy

check-style: setup
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .

check-imports: setup
	@$(BIN)/lint-imports --cache-dir .venv/import-linter > .venv/import-linter.log 2>&1 \
		|| { cat .venv/import-linter.log; exit 1; }

check-templates: setup
	$(BIN)/djlint tracing --lint --quiet

check-migrations: setup
	$(BIN)/python -m migrations.lint

.PHONY: install
install: ## Install for production into .venv: requirements.lock by hash, nothing for development
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed." >&2; exit 1; }
	@test ! -e $(READY) || { echo "This folder is set up for development: install from another one." >&2; exit 1; }
	@umask 022; test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@umask 022; $(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock
	@umask 022; bin/link .venv
	@umask 022; for words in $(CATALOGUES); do \
		$(BIN)/pybabel --quiet compile --input-file $$words --output-file $${words%.po}.mo || exit 1; done
	@umask 022; $(BIN)/python -m compileall -q tracing migrations
	@echo "Installed: $(CURDIR)/$(BIN)/tracing"

.PHONY: backup
backup: setup ## Save the databases of `make run`, also while it runs: make backup to=FOLDER [key_to=FOLDER]
	@test -n "$(to)" || { echo "Say where: make backup to=FOLDER" >&2; exit 1; }
	@$(BIN)/tracing backup "$(to)" $(if $(key_to),--key-to "$(key_to)")

.PHONY: bench
bench: setup ## Measure speed beside raw limits of the same run (some minutes; quick=--quick: a tenth of it)
	@for name in import_lot claim sweep next_call call_page board consequences sick_note public_checks studio chain call_screen clusters; do $(BIN)/python -m benchmarks.$$name $(quick) || failed=1; done; test -z "$$failed"

.PHONY: migrate
migrate: setup ## Bring both databases to the shape of this release
	@$(BIN)/tracing db upgrade

.PHONY: migration
migration: setup ## Draft a migration: make migration words="say when a claim was taken" [store=keys]
	@$(BIN)/python migrations/new.py "$(words)" "$(or $(store),main)"

.PHONY: demo
demo: setup ## Load the demo into the database
	@$(BIN)/tracing demo

.PHONY: words
words: setup ## Set the French sentences (spaces, apostrophes) and write the catalogue of plurals
	@$(BIN)/python bin/words

.PHONY: docs
docs: setup ## Write docs/glossary.md and docs/tables.md from the code
	@$(BIN)/python bin/glossary
	@$(BIN)/python bin/tables

.PHONY: lock
lock: setup ## Choose the newest releases that are a week old, and pin them by hash
	$(BIN)/uv pip compile $(LOCKING) pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile $(LOCKING) --extra dev pyproject.toml --output-file requirements-dev.lock

LOCKING := --quiet --upgrade --universal --python-version 3.11 --generate-hashes --exclude-newer "7 days" \
	--no-header --no-emit-index-url --no-emit-find-links

.PHONY: clean
clean: ## Remove what was installed and built; the data under var/ stays
	rm -rf .venv build *.egg-info $(COMPILED)

.PHONY: setup
setup: $(READY) $(COMPILED)

$(READY): requirements-dev.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed." >&2; exit 1; }
	@echo "Setting up .venv (once; a minute or two) …"
	@umask 022; test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@umask 022; $(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@umask 022; $(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

%.mo: %.po $(READY)
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@
