"""What runs in the processes of tests.trust.conftest.

    python -m tests.trust.children REPORTS < steps.json

runs our scripts one after the other, and prints of each its arguments, its exit status and what it wrote to standard output and
error. A step is a dict: `arguments`, and what a shell does `before` and `after`, if anything.
"""

import importlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from common import command_line, run_folders

# Beside recipes: what a training imports only when it needs it.
IMPORTED = ("reports.figures", "reports.mistakes", "training.architecture", "training.checkpoint", "training.loop")


def main(path, flags):
    """Runs the script at a path as a command line does. Returns its exit status."""
    name = ".".join(Path(path).relative_to(run_folders.ROOT).with_suffix("").parts)
    sys.argv = [path, *flags]
    try:
        command_line.execute(importlib.import_module(name).main)
    except SystemExit as end:
        return end.code or 0
    return 0


def forked(output, folder, environment, path, flags):
    """What a forked process does. output: a connection that takes what is printed; errors go to a file in the folder."""
    os.dup2(output.fileno(), 1)
    output.close()
    with open(Path(folder, f"stderr-{os.getpid()}"), "wb") as errors:
        os.dup2(errors.fileno(), 2)
    os.environ.update(environment)
    os.environ.pop("MNIST_PATH", None)
    os.chdir(folder)
    raise SystemExit(main(path, flags))


def shell(line):
    subprocess.run(line, shell=True, check=True, stdout=subprocess.DEVNULL)


def step(arguments, before="true", after="true"):
    """Runs a script, with its output in files. Returns arguments, exit status, standard output and error."""
    name, *flags = arguments
    screen = [os.dup(descriptor) for descriptor in (1, 2)]
    shell(before)
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        for descriptor, file in enumerate((output, errors), 1):
            os.dup2(file.fileno(), descriptor)
        status = main(str(run_folders.ROOT / name), flags)
        sys.stdout.flush()
        sys.stderr.flush()
        written = []
        for descriptor, file in enumerate((output, errors), 1):
            os.dup2(screen[descriptor - 1], descriptor)
            os.close(screen[descriptor - 1])
            file.seek(0)
            written.append(file.read())
    shell(after)
    return arguments, status, *written


if __name__ == "__main__":
    run_folders.REPORTS = Path(sys.argv[1])
    print(json.dumps([step(**one) for one in json.load(sys.stdin)]))
