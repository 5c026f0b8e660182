"""What deterministic operations cost: an epoch of each line network with them, as training has it, and without.

    python benchmarks/determinism.py      # 4 minutes, on an otherwise idle machine; writes benchmarks/determinism.json

With and without take turns in processes of their own, since TensorFlow chooses once.
"""

import json
import subprocess
import sys
from pathlib import Path
from statistics import median

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from data import command_line
from reports import provenance, runs

ROUNDS = 5
PER_CLASS = 500
RESULT = Path(__file__).with_suffix(".json")


def epochs(deterministic):
    """Seconds of the second epoch of each network, a dict; the first one compiles."""
    from benchmarks.networks import line_recipes
    from data import datasets
    from training.loop import train
    from training.run import prepare

    from tensorflow.python.framework import config  # isort: skip

    dataset = datasets.load_lines(per_class=PER_CLASS)
    seconds = {}
    for network, recipe in line_recipes().items():
        two = recipe.adapted(epochs=2)
        model, _ = prepare(two, dataset, seed=0)
        if not deterministic:
            config.disable_op_determinism()
        options = {"targets": two.targets, "epochs": 2, "batch_size": two.batch_size, "seed": 0, "quiet": True}
        history = train(model, dataset, **options)
        seconds[network] = history[-1]["seconds"]
    return seconds


def main():
    parser = command_line.Parser(__doc__)
    parser.add_argument("--one", choices=("with", "without"), help="print the seconds of one process")
    one = parser.parse_args().one
    if one:
        print(json.dumps(epochs(one == "with")))
        return
    seconds = {"with": [], "without": []}
    for _ in range(ROUNDS):
        for kind, measured in seconds.items():
            command = [sys.executable, __file__, "--one", kind]
            measured.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
            print(kind, measured[-1], flush=True)
    networks = {}
    for network in seconds["with"][0]:
        times = {kind: [round(one[network], 3) for one in measured] for kind, measured in seconds.items()}
        networks[network] = {**times, "ratio": round(median(times["with"]) / median(times["without"]), 3)}
    origin = {"command": provenance.command_line(), "machine": provenance.machine(), "versions": provenance.versions()}
    runs.write_json(RESULT, {"networks": networks, **origin})
    ratios = ", ".join(f"{network} {told['ratio']}" for network, told in networks.items())
    print(f"{RESULT}: {ratios}")


if __name__ == "__main__":
    command_line.run(main)
