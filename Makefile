# Each target is the plain shell line that it shows. PYTHON picks another interpreter: make train PYTHON=python3.12
PYTHON ?= python3
GROUP ?= 13
VENV ?= .venv
BIN = $(VENV)/bin
# The networks of Section 1's part 1, which are too large to be published: what looks into them trains them first.
PRESCRIBED = reports/q1_cnn/lines/part1/metrics.json reports/q1_cnn/mnist/part1/metrics.json
SEEDS ?= 10

.PHONY: all train official multihead noisy seeds sweep visualize reports package publish check-results animation test test-slow test-all bench kinds lint format

# Everything, one after the other, and at the end how many seconds each took. What fails (official does without all of MNIST)
# does not keep the others from being made.
all:
	@for target in train official multihead noisy seeds sweep visualize reports package; do \
	  start=$$(date +%s); how=; $(MAKE) --no-print-directory $$target || { how=" (failed)"; failed=1; }; \
	  took="$$took$$target $$(($$(date +%s) - start)) s$$how\n"; \
	done; printf "\n$$took"; exit $${failed:-0}

train: $(VENV)/installed
	$(BIN)/python q1_cnn/train.py

official: $(VENV)/installed
	$(BIN)/python q1_cnn/train.py --dataset mnist --split official --resume

multihead: $(VENV)/installed
	$(BIN)/python q2_multihead/train.py --noise

# The noisy task: the networks of both sections on lines that are hard to see
noisy: $(VENV)/installed
	$(BIN)/python q1_cnn/train.py --dataset lines --noise-level 5 --resume
	$(BIN)/python q2_multihead/train.py --noise-level 5 --resume

# Every network with SEEDS seeds, on every core: hours. The same command goes on where it was stopped.
seeds: $(VENV)/installed
	$(BIN)/python q1_cnn/train.py --seeds $(SEEDS)
	$(BIN)/python q2_multihead/train.py --seeds $(SEEDS)
	$(BIN)/python q1_cnn/train.py --dataset lines --noise-level 5 --seeds $(SEEDS)
	$(BIN)/python q2_multihead/train.py --noise-level 5 --seeds $(SEEDS)
	$(BIN)/python q2_multihead/train.py --noise-level 6 --seeds $(SEEDS)
	$(BIN)/python q1_cnn/train.py --dataset mnist --split official --seeds $(SEEDS)

sweep: $(VENV)/installed
	$(BIN)/python q1_cnn/sweep.py
	$(BIN)/python q2_multihead/sweep.py

visualize: $(VENV)/installed $(PRESCRIBED)
	$(BIN)/python q3_visualize/activations.py --network all
	$(BIN)/python q3_visualize/filters.py --network all
	$(BIN)/python q3_visualize/filters.py --network all --compare-recipes
	$(BIN)/python q3_visualize/gradcam.py --network all
	$(BIN)/python q3_visualize/gradcam.py --network all --layer relu1
	$(BIN)/python q3_visualize/gradcam.py --network all --layer relu1 --method all
	$(BIN)/python q3_visualize/localization.py
	$(BIN)/python q3_visualize/tuning.py --network all $(if $(wildcard reports/seeds),--repeats reports/seeds)
	$(BIN)/python q3_visualize/gallery.py
	$(BIN)/python q3_visualize/live.py --network all --no-browser

# From your own runs, and where there are none from the published results: reports/own
reports: $(VENV)/installed
	$(BIN)/python reports/build.py

# make package GROUP=7 packs dist/7.zip
package: $(VENV)/installed $(PRESCRIBED)
	$(BIN)/python reports/package.py --group $(GROUP)

# Your own runs become the published results, and READMEs, reports and page show them.
publish: $(VENV)/installed-dev
	$(BIN)/python reports/publish.py

check-results: $(VENV)/installed
	$(BIN)/python reports/publish.py --check

# The README's film of the page
animation: $(VENV)/installed-dev
	$(BIN)/python reports/animation.py

test: $(VENV)/installed-dev
	$(BIN)/python -m pytest -m "not slow"

# Kills, full disks, fuzz, a cluster, a browser, whole scripts.
test-slow: $(VENV)/installed-dev
	$(BIN)/python -m pytest -m slow

test-all: test test-slow

# make bench BENCH=--quick runs it small
bench: $(VENV)-benchmarks/installed reports/q1_cnn/lines/part1/metrics.json
	$(VENV)-benchmarks/bin/python benchmarks/run.py $(BENCH)

# What ours and others make of each kind of network
kinds: $(VENV)-benchmarks/installed
	$(VENV)-benchmarks/bin/python benchmarks/kinds.py $(BENCH)

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

reports/q1_cnn/%/part1/metrics.json: | $(VENV)/installed
	$(BIN)/python q1_cnn/train.py --dataset $* --part 1

$(VENV)/installed: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --requirement requirements.txt
	touch $@

$(VENV)-benchmarks/installed: requirements.txt benchmarks/requirements.txt benchmarks/requirements-alone.txt
	$(PYTHON) -m venv $(VENV)-benchmarks
	$(VENV)-benchmarks/bin/pip install --quiet --requirement benchmarks/requirements.txt
	$(VENV)-benchmarks/bin/pip install --quiet --no-deps --requirement benchmarks/requirements-alone.txt
	touch $@

$(VENV)/installed-dev: requirements-dev.txt requirements-cluster.txt $(VENV)/installed
	$(BIN)/pip install --quiet --requirement requirements-dev.txt
	touch $@
