"""Processes of our scripts that do not each import TensorFlow, which takes some seconds."""

import json
import multiprocessing
import os
import subprocess
import sys
from multiprocessing import forkserver

import pytest

from tests.conftest import OFFLINE, ROOT, caches
from tests.trust import children


class Forked:
    """One of our scripts in a process forked from one that has imported everything. It is used like a subprocess.Popen."""

    def __init__(self, context, folder, name, *flags):
        reader, writer = context.Pipe(duplex=False)
        environment = {**OFFLINE, **caches(folder)}
        arguments = (writer, folder, environment, str(ROOT / name), [*map(str, flags)])
        self._process = context.Process(target=children.forked, args=arguments, daemon=True)
        self._process.start()
        writer.close()
        self.pid, self.kill = self._process.pid, self._process.kill
        self.stdout = os.fdopen(os.dup(reader.fileno()))  # it ends when the process does
        self._stderr = folder / f"stderr-{self.pid}"
        reader.close()

    @property
    def returncode(self):
        return self._process.exitcode

    def poll(self):
        return self._process.exitcode

    def communicate(self, timeout=None):
        """Wait for the end of the process. Return the rest of its standard output, and its standard error."""
        output = self.stdout.read()
        self.stdout.close()
        self._process.join(timeout)
        return output, self._stderr.read_text() if self._stderr.exists() else ""


@pytest.fixture(scope="session")
def fork_server(font_cache):
    """Return the context of a process for `forked` to fork, which has imported everything and computed nothing."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["q1_cnn.recipes", "q2_multihead.recipes", *children.IMPORTED])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("MPLCONFIGDIR", str(font_cache))
        patch.setenv("CUDA_VISIBLE_DEVICES", "-1")  # a GPU cannot be shared with a fork
        forkserver.ensure_running()
    return context


@pytest.fixture
def forked(fork_server, tmp_path):
    """Start one of our scripts as a `Forked` process, in an empty folder; of the caches only that of the fonts is filled."""
    started = []

    def start(*arguments):
        started.append(Forked(fork_server, tmp_path, *arguments))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        if not process.stdout.closed:
            process.communicate()


@pytest.fixture(scope="module")
def one_after_the_other(font_cache):
    """Run several of our scripts in one fresh process: see `tests.trust.children`."""

    def run(steps, folder, reports, under=()):
        """Run steps, dicts, in a folder, with another folder in the place of reports. Return the CompletedProcess of each."""
        program = [*under, sys.executable, "-m", "tests.trust.children", str(reports)]
        environment = {name: value for name, value in os.environ.items() if name not in ("MNIST_PATH", "TF_CPP_MIN_LOG_LEVEL")}
        environment |= {**OFFLINE, **caches(folder), "MPLCONFIGDIR": str(font_cache), "PYTHONPATH": str(ROOT)}
        steps = [{**step, "arguments": [*map(str, step["arguments"])]} for step in steps]
        options = {"cwd": folder, "env": environment, "capture_output": True, "text": True, "timeout": 300}
        result = subprocess.run(program, input=json.dumps(steps), **options)
        assert result.returncode == 0, result.stderr
        return [subprocess.CompletedProcess(*completed) for completed in json.loads(result.stdout)]

    return run
