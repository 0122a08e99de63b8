# Every target sets up what it needs; the only things a machine must have are make and Python 3.12+.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= $(firstword $(foreach p,python3.12 python3.13 python3.14 python3,\
  $(shell $(p) -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && echo $(p))))
BIN := .venv/bin

.PHONY: help
help: ## This list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-zA-Z_-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ Use
.PHONY: run demo doctor
run: setup ## Start the whole system on this machine; Ctrl-C stops it (ARGS="--port 4000 --mailbox DIR")
	@$(BIN)/paypulse run $(ARGS)

demo: setup ## The main job once: sign up, connect Gmail, ingest, receive events, list the invoices
	@$(BIN)/paypulse demo $(ARGS)

doctor: .venv/.ready ## What this machine lacks, and the command that mends it (ARGS="--online --json")
	@$(BIN)/paypulse doctor $(ARGS)

##@ Work
.PHONY: test test-clients picture check format bench accuracy train generate lock
# Two processes, whatever the machine: each starts a MiniStack and a dev stack of its own.
PYTEST = $(BIN)/pytest --ignore=tests/terraform
test: setup ## Every test but those of test-clients (no network needed)
	@$(PYTEST) -m "not clients" --numprocesses 2 --dist worksteal $(ARGS)

test-clients: setup tests/clients/node_modules/.ready ## aws-amplify and GraphiQL in Chromium, over TLS
	@$(PYTEST) -m clients tests/stack $(ARGS)

picture: ## Take docs/graphiql.png anew, by the browser's test
	@rm -f artifacts/graphiql-desktop-light.png
	@$(MAKE) --no-print-directory test-clients ARGS="-k graphiql"
	@cp artifacts/graphiql-desktop-light.png docs/graphiql.png

check: setup ## Format, lint, types, import contracts, generated files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/paypulse schema check

format: setup ## Format the code and mend what the linter can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup ## Measure the design's budgets and publish them in docs/benchmarks.md
	@$(BIN)/paypulse bench

accuracy: setup ## How well labelled mails are read; published in docs/accuracy.md
	@$(BIN)/paypulse accuracy --write
	@cat docs/accuracy.md

train: setup .venv-training/.ready ## Fit the models of words to the dev part of the labelled mails
	@$(BIN)/paypulse train-samples artifacts/word_samples.json
	@.venv-training/bin/python devstack/fit_words.py artifacts/word_samples.json ingestion/parsing/receipts

generate: setup ## Rewrite what is generated: schema.graphql, the table of functions, the sample mailbox
	$(BIN)/paypulse generate

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.12 --generate-hashes \
  --no-annotate --custom-compile-command 'make lock' $(ARGS)
lock: setup ## Renew the locked requirements (ARGS=--upgrade for newer versions)
	$(COMPILE) pyproject.toml --extra resolvers -o requirements/resolvers.txt
	$(COMPILE) pyproject.toml --extra ingestion -o requirements/ingestion.txt
	$(COMPILE) pyproject.toml --extra dev -o requirements/dev.txt
	$(COMPILE) requirements/ministack.in -o requirements/ministack.txt
	$(COMPILE) requirements/checkov.in -o requirements/checkov.txt
	$(COMPILE) requirements/training.in -o requirements/training.txt
	$(COMPILE) requirements/bootstrap.in -o requirements/bootstrap.txt

##@ AWS
.PHONY: build check-terraform test-terraform
TERRAFORM ?= terraform
build: setup ## Zips and layers in dist/ (ARGS="--architecture x86_64")
	@$(BIN)/paypulse build $(ARGS)

check-terraform: setup .venv-checkov/.ready ## Format, validity, plan tests, security, build
	@TERRAFORM=$(TERRAFORM) TERRAFORM_6=$(TERRAFORM_6) CHECKOV=.venv-checkov/bin/checkov \
	  $(BIN)/pytest tests/terraform/test_build.py tests/terraform/test_configuration.py $(ARGS)

test-terraform: setup ## terraform apply onto MiniStack, and the journey through it
	@TERRAFORM=$(TERRAFORM) $(BIN)/pytest tests/terraform/test_apply.py $(ARGS)

##@ Set-up (runs by itself)
.PHONY: setup clean
setup: .venv/.ready .venv-ministack/.ready devstack/graphiql/node_modules/.ready ## Everything, from the locked requirements

.venv/.ready: requirements/bootstrap.txt requirements/dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "PayPulse needs Python 3.12 or newer: install it, or name it with make PYTHON=/path/to/python3.12" >&2; exit 2; }
	@echo "Setting up .venv ($$($(PYTHON) --version)) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

# MiniStack pins botocore and graphql-core exactly, so it has an environment of its own.
.venv-ministack/.ready: requirements/ministack.txt | .venv/.ready
	@echo "Setting up .venv-ministack ..."
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-ministack
	@$(BIN)/uv pip sync --quiet --python .venv-ministack/bin/python --require-hashes requirements/ministack.txt
	@touch $@

.venv-checkov/.ready: requirements/checkov.txt | .venv/.ready
	@echo "Setting up .venv-checkov ..."
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-checkov
	@$(BIN)/uv pip sync --quiet --python .venv-checkov/bin/python --require-hashes requirements/checkov.txt
	@touch $@

.venv-training/.ready: requirements/training.txt | .venv/.ready
	@echo "Setting up .venv-training ..."
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-training
	@$(BIN)/uv pip sync --quiet --python .venv-training/bin/python --require-hashes requirements/training.txt
	@touch $@

# GraphiQL's page, and the Amplify and browser tests, need Node; everything else works without.
%/node_modules/.ready: %/package-lock.json
	@if command -v npm >/dev/null; then \
	  echo "Setting up $* ..." && npm ci --silent --ignore-scripts --no-audit --no-fund --prefix $* && touch $@; \
	else \
	  echo "npm is not installed, so there is no $(if $(findstring graphiql,$*),GraphiQL page,Amplify or browser test); install Node.js 20 or newer"; \
	fi

clean: ## Remove environments, local state and build products
	rm -rf .venv .venv-ministack .venv-checkov .venv-training .paypulse .paypulse-google */*/node_modules dist artifacts .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
