SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
DEMO_CONF := .groundswell/demo/groundswell.toml
STAMP := .venv/.groundswell-setup
NAB := ../shared/data/nab
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header

.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(STAMP) ## Check Python and Java, make .venv with the locked packages
	@:

$(STAMP): requirements.lock pyproject.toml infra/setup.sh
	@PYTHON="$(PYTHON)" infra/setup.sh
	@touch $@

.PHONY: jars
jars: setup ## Fetch the Java jars (Kafka, S3 server, Spark's connectors)
	@$(BIN)/groundswell jars

.PHONY: demo
demo: setup ## Run the whole pipeline on made data: the main thing to try
	@$(BIN)/groundswell demo

.PHONY: up
up: setup ## Start Kafka, Postgres and S3 on this machine
	@$(BIN)/groundswell up

.PHONY: down
down: setup ## Stop what `make up` started
	@$(BIN)/groundswell down

.PHONY: status
status: setup ## Show each server and its health
	@$(BIN)/groundswell status

.PHONY: airflow
airflow: setup ## Start Airflow with the project's DAGs against the local stack
	@$(BIN)/python -m infra.airflow

.PHONY: test
test: setup jars ## Run every test; starts its own servers on free ports
	@$(BIN)/python -m pytest --durations=15 $(ARGS)

.PHONY: test-unit
test-unit: setup ## Run the tests that need no server
	@$(BIN)/python -m pytest tests/unit tests/property $(ARGS)

# Faults that are tested beside what they break.
FAULTS_ON_THE_WAY = $(addprefix tests/integration/test_,\
	replay.py dead_letters.py stream.py pipeline.py batch.py copying.py cluster.py status.py)

.PHONY: test-faults
test-faults: setup jars ## Inject every fault of docs/RELIABILITY.md, those that take minutes too
	@$(BIN)/python -m pytest tests/faults $(FAULTS_ON_THE_WAY) -m 'long or not long' --durations=15 $(ARGS)

.PHONY: browser
browser: setup ## Install Chromium, which `groundswell scrape` and its tests need
	@infra/browser.sh

.PHONY: sbom
sbom: setup ## Write what the locks install, with hashes, as a software bill of materials: sbom.json, sbom-airflow.json
	@$(BIN)/uv tool run --quiet --from cyclonedx-bom==7.2.1 cyclonedx-py requirements requirements.lock --output-reproducible --of JSON -o sbom.json
	@$(BIN)/uv tool run --quiet --from cyclonedx-bom==7.2.1 cyclonedx-py requirements requirements-airflow.lock --output-reproducible --of JSON -o sbom-airflow.json

.PHONY: bench-detection
bench-detection: bench-bursts bench-nab ## Measure the detector; writes docs/detection/

.PHONY: bench-bursts
bench-bursts: setup ## Plant bursts into 10,000 synthetic keywords and see who finds them
	@$(BIN)/python -m benchmarks.detection.bursts $(ARGS)

.PHONY: bench-nab
bench-nab: setup ## Score on the Numenta Anomaly Benchmark; NAB=its folder
	@$(BIN)/python -m benchmarks.detection.nab --nab $(NAB) $(ARGS)

.PHONY: bench
bench: setup ## Measure every speed there is a benchmark of; writes docs/PERFORMANCE.md
	@$(BIN)/python -m benchmarks.speed $(ARGS)

.PHONY: bench-replay
bench-replay: setup ## Measure the replay against everything people would use instead
	@$(BIN)/python -m benchmarks.speed.replay $(ARGS)

.PHONY: bench-stream
bench-stream: setup ## Measure the stream's queries against everything people would use instead
	@$(BIN)/python -m benchmarks.speed.stream $(ARGS)

.PHONY: bench-scaling
bench-scaling: setup ## Work out what more posts need; ARGS=--measure measures first; writes docs/SCALING.md
	@$(BIN)/python -m benchmarks.speed.scaling $(ARGS)

.PHONY: bench-batch
bench-batch: setup ## Measure the nightly batch: the lake's posts to Postgres, statistics of a million keywords
	@$(BIN)/python -m benchmarks.speed.batch $(ARGS)

.PHONY: bench-lake
bench-lake: setup ## Measure the lake: its size, compaction, and queries by another engine
	@$(BIN)/python -m benchmarks.speed.lake $(ARGS)

.PHONY: bench-delay
bench-delay: setup ## Measure the time from a post to its burst's alert, under load
	@$(BIN)/python -m benchmarks.speed.delay $(ARGS)

.PHONY: bench-state
bench-state: setup ## Measure speed, state and memory with few and with many different keywords
	@$(BIN)/python -m benchmarks.speed.state $(ARGS)

.PHONY: soak
soak: setup ## Half an hour of both queries under a steady feed; writes its section of docs/RELIABILITY.md
	@$(BIN)/python -m benchmarks.speed.soak $(ARGS)

.PHONY: bench-quick
bench-quick: setup ## Compare the speeds' ratios with the committed baseline, in five minutes
	@$(BIN)/python -m benchmarks.speed.quick $(ARGS)

.PHONY: lint
lint: setup ## Check style, types and the direction of imports
	@echo "ruff"; $(BIN)/ruff check . && $(BIN)/ruff format --check .
	@echo "mypy"; $(BIN)/mypy
	@echo "import-linter"; $(BIN)/lint-imports

.PHONY: format
format: setup ## Mend style and order imports
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

.PHONY: lock
lock: setup ## Resolve all Python packages and jars anew and write the locks
	@echo "requirements.lock"; $(COMPILE) --upgrade --extra dev pyproject.toml --output-file requirements.lock
	@echo "requirements-airflow.lock"; sed -nE 's/^airflow = \["(.*)"\]$$/\1/p' pyproject.toml \
		| $(COMPILE) --upgrade --no-annotate - --output-file requirements-airflow.lock
	@$(BIN)/python -m infra.jars.resolve

.PHONY: clean
clean: ## Remove .venv, caches, and the stopped local stack with its data
	@if [ -x $(BIN)/groundswell ]; then $(BIN)/groundswell down; fi
	@if [ -f $(DEMO_CONF) ]; then GROUNDSWELL_CONF=$(DEMO_CONF) $(BIN)/groundswell down; fi
	rm -rf .venv .venv-airflow .groundswell .mypy_cache .ruff_cache .hypothesis .import_linter_cache build *.egg-info
