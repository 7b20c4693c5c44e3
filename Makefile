# Two commands do everything on a fresh machine with Python >= 3.11 and make:  make demo   make test
PYTHON ?= python3
VENV ?= .venv
TORCH ?= torch==2.13.0
ON_TORCH := brevitas==0.13.4 torchlogix==0.2.2 unfoldNd==0.2.3
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

WEB := bridge/report/web

# Two workers fill two processors; threads of LightGBM, scikit-learn and others would only wait for each other, busily.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: demo test quick slow lint lint-web docs notebooks lock clean

demo: $(VENV)/runtime.stamp            ## the whole idea on the shipped cell, results in demo/
	$(BIN)/aigbridge demo --out demo

test: $(VENV)/test.stamp               ## all tests but those that take minutes
	$(PYTEST) -m "not slow"

quick: $(VENV)/test.stamp              ## those that take less than a second each; shows any that take longer
	$(PYTEST) -m "not slow and not heavy" --durations=10 --durations-min=1

slow: $(VENV)/test.stamp               ## those that take minutes
	$(PYTEST) --dist worksteal -m slow

lint: $(VENV)/test.stamp               ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lint-web: $(WEB)/node_modules/.stamp   ## types and format of the report's scripts (needs npm)
	npm --prefix $(WEB) run --silent lint

docs: $(VENV)/test.stamp               ## the documentation as a site, build/site/index.html; broken links fail
	$(BIN)/python tools/documentation.py build/docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

$(WEB)/node_modules/.stamp: $(WEB)/package-lock.json
	npm --prefix $(WEB) ci --silent
	touch $@

notebooks: $(VENV)/test.stamp          ## run all notebooks again, and store what they show (of a bar, its end)
	$(BIN)/python -m nbconvert --to notebook --execute --inplace \
	  --ExecutePreprocessor.record_timing=False docs/notebooks/*.ipynb
	$(BIN)/python -m nbconvert --coalesce-streams docs/notebooks/*.ipynb
	$(BIN)/python tools/pictures.py

lock:                                  ## refresh the locked requirements (needs uv)
	printf 'hatchling==1.33.0\neditables\n' | uv pip compile - pyproject.toml --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate -q --extra corpus --extra report -o requirements.lock
	printf 'hatchling==1.33.0\neditables\n' | uv pip compile - pyproject.toml --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate -q --extra corpus --extra report --extra dev --extra docs -o requirements-dev.lock

clean:
	rm -rf $(VENV) demo runs dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("aigbridge needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

# Byte code of all that is installed is 60 MB, a fifth of which is ever used: Python writes it where it is.
$(VENV)/runtime.stamp: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) install --no-compile --require-hashes -r requirements.lock
	@echo 'compiling for this version of Python, one or two minutes'
	$(PIP) install --no-deps --no-build-isolation -e .
	touch $@

# torch has a different build for every platform, so its version is pinned but not its hash; what builds on it would
# bring another one.
$(VENV)/test.stamp: requirements-dev.lock $(VENV)/runtime.stamp
	$(PIP) install --require-hashes -r requirements-dev.lock
	$(PIP) install '$(TORCH)'
	$(PIP) install --no-deps $(ON_TORCH)
	touch $@
