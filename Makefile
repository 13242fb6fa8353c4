# Each verb makes what it needs: a fresh machine has Python >= 3.11 and make, nothing else.
PYTHON ?= python3
BIN := .venv/bin
# bytecode is compiled once, here: a start-up that compiles scipy anew takes seconds
UV := $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes

.PHONY: demo test fast lint bench bench-spine lock docs i18n clean

demo: .venv/run ## simulates an evening of rooms, audits it, names the report
	$(BIN)/zhenbo demo

test: .venv/dev ## the whole suite
	$(BIN)/pytest -n 2

fast: .venv/dev ## the suite without its slow part, while working
	$(BIN)/pytest -n 2 -m "not slow"

lint: .venv/dev ## linter, formatter, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/dev build/bench-env/ready ## the kernel beside its peers, 15 minutes; BENCH=--quick for 3
	$(BIN)/python bench/run.py $(BENCH)

bench-spine: .venv/dev ## events/s along the spine, wall and memory of a million events, import speeds
	$(BIN)/python bench/spine.py

COMPILE := uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --no-emit-index-url \
	--no-emit-find-links --python-version 3.11

lock: .venv/bin/uv ## writes requirements/*.txt anew: hashes only, no download addresses
	$(BIN)/$(COMPILE) requirements/bootstrap.in -o requirements/bootstrap.txt
	$(BIN)/$(COMPILE) pyproject.toml requirements/run.in -o requirements/run.txt
	$(BIN)/$(COMPILE) pyproject.toml requirements/dev.in -o requirements/dev.txt
	$(BIN)/$(COMPILE) requirements/bench.in -o requirements/bench.txt

docs: .venv/dev ## writes the pages and excerpts that derive from the code
	$(BIN)/python docs/make.py

i18n: .venv/dev ## takes new interface strings into the catalogue and compiles it
	mkdir -p build
	$(BIN)/pybabel -q extract -F src/zhenbo/packs/locales/babel.cfg --no-default-keywords -k _ -k N_ -k tr:2 --omit-header --no-wrap --sort-output --no-location -o build/messages.pot src/zhenbo/report
	$(BIN)/pybabel -q update -i build/messages.pot -d src/zhenbo/packs/locales -l zh_CN --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --no-wrap
	$(BIN)/pybabel -q compile -d src/zhenbo/packs/locales

clean: ## leaves the clone as it came
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist zhenbo-demo

.venv/bin/uv: requirements/bootstrap.txt
	$(PYTHON) -c 'import sys; sys.exit("zhenbo needs Python >= 3.11, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/bootstrap.txt
	touch $@

.venv/run: .venv/bin/uv requirements/run.txt pyproject.toml
	$(UV) -r requirements/run.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	touch $@

.venv/dev: .venv/run requirements/dev.txt
	$(UV) -r requirements/dev.txt
	touch $@

build/bench-env/ready: .venv/bin/uv requirements/bench.txt # the peers live apart: none of them enters .venv
	$(PYTHON) -m venv --clear build/bench-env
	$(BIN)/uv pip install --quiet --compile-bytecode --python build/bench-env/bin/python --require-hashes -r requirements/bench.txt
	touch $@
