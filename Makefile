# Each target is the plain shell line that it shows. PYTHON picks another interpreter: make train PYTHON=python3.12
PYTHON ?= python3
GROUP ?= 13
BIN = .venv/bin

.PHONY: all train official multihead sweep visualize reports package test bench lint format tables

# Everything, one after the other, and at the end how many seconds each took.
all:
	@for target in train official multihead sweep visualize tables reports package; do \
	  start=$$(date +%s); $(MAKE) --no-print-directory $$target || exit 1; \
	  took="$$took$$target $$(($$(date +%s) - start)) s\n"; \
	done; printf "\n$$took"

train: .venv/installed
	$(BIN)/python q1_cnn/train.py

official: .venv/installed
	$(BIN)/python q1_cnn/train.py --dataset mnist --split official

multihead: .venv/installed
	$(BIN)/python q2_multihead/train.py --noise

sweep: .venv/installed
	$(BIN)/python q1_cnn/sweep.py
	$(BIN)/python q2_multihead/sweep.py

visualize: .venv/installed
	$(BIN)/python q3_visualize/activations.py --network all
	$(BIN)/python q3_visualize/filters.py --network all
	$(BIN)/python q3_visualize/gradcam.py --network all
	$(BIN)/python q3_visualize/gradcam.py --network all --layer relu1
	$(BIN)/python q3_visualize/gradcam.py --network all --layer relu1 --method all
	$(BIN)/python q3_visualize/localization.py
	$(BIN)/python q3_visualize/gallery.py

reports: .venv/installed
	$(BIN)/python reports/build.py

# make package GROUP=7 packs dist/7.zip
package: .venv/installed
	$(BIN)/python reports/package.py --group $(GROUP)

test: .venv/installed-dev
	$(BIN)/python -m pytest

# make bench BENCH=--quick runs it small
bench: .venv-benchmarks/installed
	.venv-benchmarks/bin/python benchmarks/run.py $(BENCH)

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: .venv/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

tables: .venv/installed
	$(BIN)/python reports/tables.py

.venv/installed: requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --requirement requirements.txt
	touch $@

.venv-benchmarks/installed: requirements.txt benchmarks/requirements.txt
	$(PYTHON) -m venv .venv-benchmarks
	.venv-benchmarks/bin/pip install --quiet --requirement benchmarks/requirements.txt
	# xplique brings opencv-python, which writes over the files of ours and wants libGL: ours once more.
	.venv-benchmarks/bin/pip install --quiet --force-reinstall --no-deps $$(grep -o '^opencv[^ ]*' requirements.txt)
	touch $@

.venv/installed-dev: requirements-dev.txt requirements-cluster.txt .venv/installed
	$(BIN)/pip install --quiet --requirement requirements-dev.txt
	touch $@
