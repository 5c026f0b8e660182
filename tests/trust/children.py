"""What runs in the processes of tests.trust.conftest.

    python -m tests.trust.children REPORTS < steps.json

runs our scripts one after the other and prints, for each, its arguments, its exit status, its standard output and its standard
error. A step is a dict: `arguments`, and optionally shell commands to run `before` and `after`.
"""

import importlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from common import command_line, run_folders

# Beside recipes: what a training imports only when needed.
IMPORTED = ("reports.figures", "reports.mistakes", "training.architecture", "training.checkpoint", "training.loop")


def main(path, flags):
    """Run the script at a path as a command line does. Return its exit status."""
    name = ".".join(Path(path).relative_to(run_folders.ROOT).with_suffix("").parts)
    sys.argv = [path, *flags]
    try:
        command_line.execute(importlib.import_module(name).main)
    except SystemExit as end:
        return end.code or 0
    return 0


def forked(output, folder, environment, path, flags):
    """Run a script in a forked process: standard output goes to a connection, errors go to a file in the folder."""
    os.dup2(output.fileno(), 1)
    output.close()
    with open(Path(folder, f"stderr-{os.getpid()}"), "wb") as errors:
        os.dup2(errors.fileno(), 2)
    os.environ.update(environment)
    os.environ.pop("MNIST_PATH", None)
    os.chdir(folder)
    raise SystemExit(main(path, flags))


def shell(line):
    """Run a shell command."""
    subprocess.run(line, shell=True, check=True, stdout=subprocess.DEVNULL)


def step(arguments, before="true", after="true"):
    """Run a script, with its output in files. Return arguments, exit status, standard output and error."""
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
    print(json.dumps([step(**arguments) for arguments in json.load(sys.stdin)]))
