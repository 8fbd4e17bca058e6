# Everything this repository does, by name. `make` alone explains itself.
# DATABASE_URL, KAFKA_BOOTSTRAP and OIDC_ISSUER point any target at servers that already run.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

UV_VERSION := 0.13.9
BIN := .venv/bin
PYTHON_IN := $(BIN)/python
STAMP := .venv/.setup-done
MEMBERS := $(wildcard libs/*/pyproject.toml services/*/pyproject.toml gateway/pyproject.toml)
UV = $(shell command -v uv || echo $(or $(MATRICULA_HOME),.local)/tools/uv-$(UV_VERSION)/bin/uv)

N ?= 1000
SEED ?= 1
FAULTS ?=
OUT ?= $(or $(MATRICULA_HOME),.local)/samples
T ?=
ARGS ?=

##@ Start

.PHONY: help
help: ## show this list
	@awk 'BEGIN {FS = ":.*## "} \
	  /^##@ / {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-zA-Z_-]+:.*## / {printf "  %-17s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@printf '\nThe first of them sets everything up: only Python 3.11 or newer and make are needed.\n'

.PHONY: setup
setup: $(STAMP) ## make .venv and fetch the local servers (done by itself when needed)

$(STAMP): requirements.lock pyproject.toml $(MEMBERS) tools/setup deploy/local/kafka/jgo.lock.toml
	@tools/setup $(UV_VERSION)
	@touch $@

.PHONY: demo
demo: $(STAMP) ## run the whole story on real servers and check it; FILE=path for a file of yours
	@$(BIN)/matricula demo $(if $(FILE),--file "$(FILE)")

.PHONY: sample
sample: $(STAMP) ## write synthetic learner files: N=1000 SEED=1 FAULTS=all (or schema:3,…) OUT=folder
	@$(PYTHON_IN) -m matricula_testkit.ilr.sample --learners $(N) --seed $(SEED) \
	  --faults "$(FAULTS)" --out "$(OUT)" $(ARGS)

##@ Run

.PHONY: up
up: $(STAMP) ## start the platform on loopback and wait until it is ready
	@$(BIN)/matricula up

.PHONY: down
down: $(STAMP) ## stop the platform in order; data stays
	@$(BIN)/matricula down

.PHONY: status
status: $(STAMP) ## show every process
	@$(BIN)/matricula status

.PHONY: logs
logs: $(STAMP) ## show the logs: NAME=learner-api for one, ARGS=-f to follow
	@$(BIN)/matricula logs $(NAME) $(ARGS)

##@ Test

.PHONY: test
test: $(STAMP) ## run every test but the long ones: T=path for a part, ARGS= for pytest
	@$(BIN)/pytest -q -n 2 --dist loadgroup -m "not chaos" $(ARGS) $(T)

.PHONY: chaos
chaos: $(STAMP) ## run the long form of the fault tests and write docs/reference/faults.md
	@$(BIN)/pytest -q -m chaos tests/chaos services $(ARGS)

.PHONY: fuzz
fuzz: $(STAMP) ## throw bytes at the reader of ILR files; needs atheris
	@$(PYTHON_IN) -m tests.fuzz.ilr_xml $(ARGS)

.PHONY: bench
bench: $(STAMP) ## measure against peers in the same run and write docs/reference/benchmarks.md
	@$(PYTHON_IN) -m tests.performance $(ARGS)

##@ Check

.PHONY: check
check: $(STAMP) ## everything that needs no server: style, types, architecture, contracts
	@$(MAKE) --no-print-directory lint types architecture contracts-check isolated

.PHONY: lint
lint: $(STAMP) ## ruff, its formatter and the rules of tools/lint
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(PYTHON_IN) -m tools.lint

.PHONY: format
format: $(STAMP) ## let ruff put the code into shape
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: types
types: $(STAMP) ## mypy, strict, over code and tests
	@$(BIN)/mypy $(MEMBERS:pyproject.toml=src) libs/*/tests gateway/tests tools tests
	@for folder in $(sort $(dir $(wildcard services/*/tests/*/*.py))); do $(BIN)/mypy $$folder || exit 1; done

.PHONY: architecture
architecture: $(STAMP) ## who may import whom
	@$(BIN)/lint-imports

.PHONY: isolated
isolated: $(STAMP) ## install each member alone and import all of it
	@$(PYTHON_IN) -m tools.isolated "$(UV)"

##@ Contracts

.PHONY: rules-page
rules-page: $(STAMP) ## write docs/reference/ilr-rules.md from the packs and their cases
	@$(PYTHON_IN) -m tests.conformance.ilr_coverage

.PHONY: contracts
contracts: $(STAMP) ## generate everything that is derived from contracts/*.yaml and the code
	@$(PYTHON_IN) -m tools.contracts

.PHONY: contracts-check
contracts-check: $(STAMP) ## fail when a generated file is not up to date
	@$(PYTHON_IN) -m tools.contracts --check

##@ Databases and events

.PHONY: migration
migration: $(STAMP) ## write an empty migration: SVC=learner-api M="what it does"
	@$(BIN)/matricula new-migration $(or $(SVC),$(error SVC= names the service)) "$(or $(M),$(error M= says what it does))"

.PHONY: migrate
migrate: $(STAMP) ## bring a database of the running stack up to date: SVC=learner-api
	@$(BIN)/matricula run $(or $(SVC),$(error SVC= names the service)) migrate

.PHONY: dlq
dlq: $(STAMP) ## list the dead letters of a service: SVC=event-log
	@$(BIN)/matricula dead-letters $(or $(SVC),$(error SVC= names the service)) $(ARGS)

.PHONY: replay
replay: $(STAMP) ## apply dead letters again, in order: SVC=event-log ARGS="--limit 10"
	@$(BIN)/matricula run $(or $(SVC),$(error SVC= names the service)) replay $(ARGS)

##@ Maintain

.PHONY: lock
lock: $(STAMP) ## resolve all dependencies anew and write both locks
	@$(UV) lock --quiet
	@$(UV) export --quiet --all-packages --all-groups --format requirements.txt --no-emit-workspace --no-header -o requirements.lock
	@$(BIN)/matricula lock-jars

.PHONY: clean
clean: ## stop the platform and delete .venv, caches and all local data
	@if [ -x $(BIN)/matricula ]; then $(BIN)/matricula clean; fi
	@rm -rf .venv .local .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
