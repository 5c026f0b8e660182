"""Repeats the training of networks with other seeds, and writes how much their scores differ: seeds.json.

Everything of a repeat comes from its seed: where the lines lie, the split, the first weights, the order of the images. The
network of the first seed is the run folder itself, OUT/NETWORK; the run folders of the others are OUT/seeds/SEED/NETWORK.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING

from common import provenance, run_folders
from common.progress import ProgressBar
from data.errors import UserError
from sweeps.trials import Source
from sweeps.workers import THREADS, one_at_a_time, set_up, spread

if TYPE_CHECKING:
    from training.run import Run

FOLDER, FILE = "seeds", "seeds.json"


@dataclass(frozen=True)
class Network:
    """A network to repeat.

    Attributes
    ----------
    source
        Its images, which every worker loads for itself.
    planned, trained
        Functions of a `data.datasets.Dataset` and the keywords `out` and `seed`: one returns the `training.run.Run` without
        training, the other trains, writes the run folder and returns its metrics.json. Workers get them as a script has them.
    """

    source: Source
    planned: Callable[..., Run]
    trained: Callable[..., dict]


@dataclass(frozen=True)
class Repeat:
    """What a worker is to do: train a network with a seed."""

    network: Network = field(compare=False)
    seed: int
    run: str  # the `training.run.Run.identity` that must come out
    command: str  # that was typed


def repeat(
    networks: list[Network], seeds: list[int], *, out: Path, workers: int | None = None, scheduler: str | None = None
) -> dict[str, dict]:
    """Train each network with each seed, but for those that are done, and write seeds.json after every training.

    Parameters
    ----------
    networks, seeds
        What to train; the first seed is that of the network's own run folder.
    out
        The folder of run folders.
    workers, scheduler
        See `sweeps.workers.spread`.

    Returns
    -------
    dict
        {name of a network: its seeds.json}.

    Raises
    ------
    UserError
        When data or workers cannot be used, or a training fails. What has ended stays, and the same call goes on.
    """
    waiting, rows = _planned(networks, seeds, out)
    total = sum(map(len, rows.values())) + len(waiting)
    print(f"{total:,} trainings, {total - len(waiting):,} of them done before", flush=True)
    for name in rows:
        _write(out, name, rows[name])
    started = time.monotonic()
    with ProgressBar("trainings", len(waiting)) as progress:
        ended = spread(trained_by_worker, waiting, _killed, workers, scheduler) if waiting else ()
        for count, (job, metrics, files) in enumerate(ended, 1):
            name = metrics["network"]
            _keep(_root(out, job.seed, seeds) / name, files)
            rows[name][job.seed] = _row(metrics, job.run)
            _write(out, name, rows[name])
            left = (time.monotonic() - started) / count * (len(waiting) - count) / 60
            accuracy, seconds = rows[name][job.seed]["accuracy"], metrics["training"]["seconds"]
            progress.print(f"  {name}  seed {job.seed}  {accuracy:.2%}  {seconds:.0f} s; about {left:.0f} minutes left")
            progress.advance()
    return {name: summary(name, of_seeds) for name, of_seeds in rows.items()}


def repeat_and_print(networks: list[Network], arguments: argparse.Namespace) -> None:
    """Repeat networks as the flags of `sweeps.command.add_repeat_flags` say, and print how much their scores differ."""
    from reports.printing import print_table

    seeds = list(range(arguments.seed, arguments.seed + arguments.seeds))
    repeated = repeat(networks, seeds, out=arguments.out, workers=arguments.workers, scheduler=arguments.scheduler)
    rows = [("network", "seeds", "test\naccuracy", "standard\ndeviation", "errors")]
    for name, found in repeated.items():
        sd, errors = found["sd"], found["errors"]
        accuracy = f"{found['mean']:.2%}", "" if sd is None else f"{sd:.2%}"
        rows.append((name, str(len(errors)), *accuracy, f"{min(errors):,} to {max(errors):,}"))
    print_table(rows)


def summary(network: str, rows: dict[int, dict]) -> dict:
    """Return what seeds.json has of a network.

    Parameters
    ----------
    rows
        {seed: {"accuracy", "errors", "run", ...}}.

    Returns
    -------
    dict
        network; seeds and each column of the rows as lists in the order of the seeds; mean and sd (standard deviation of the
        sample, None for a single seed) of the accuracy.
    """
    ordered = [rows[seed] for seed in sorted(rows)]
    columns = {name: [row[name] for row in ordered] for name in ordered[0]}
    accuracies = columns["accuracy"]
    spread_of_seeds = stdev(accuracies) if len(accuracies) > 1 else None
    return {"network": network, "seeds": sorted(rows), **columns, "mean": fmean(accuracies), "sd": spread_of_seeds}


def trained_by_worker(job: Repeat) -> tuple[Repeat, dict, dict[str, bytes]]:
    """Train in a worker, on one thread, and return the job, metrics.json and the files of the run folder, {name: bytes}."""
    provenance.git()  # as the code is now
    with one_at_a_time, tempfile.TemporaryDirectory() as out:
        set_up(job.seed)
        dataset = job.network.source.load(job.seed)
        if job.network.planned(dataset, out=Path(out), seed=job.seed).identity != job.run:
            raise UserError("a worker has other images or other code than the machine that started this: give it the same")
        with contextlib.redirect_stdout(io.StringIO()):
            metrics = job.network.trained(dataset, out=Path(out), seed=job.seed)
        metrics = {**metrics, "training": {**metrics["training"], "command": job.command}, "threads": THREADS}
        run_folders.write_json(Path(out, metrics["network"], "metrics.json"), metrics)
        files = {path.name: path.read_bytes() for path in Path(out, metrics["network"]).iterdir()}
    return job, metrics, files


def _planned(networks, seeds, out):
    """Return the repeats that are to be done, and the rows of those that are: {network: {seed: row}}."""
    waiting, rows = [], {}
    for seed in seeds:
        for network in networks:  # those of a data set follow each other: it is loaded once for all of them
            run = network.planned(network.source.load(seed), out=_root(out, seed, seeds), seed=seed)
            if run.network not in rows:
                rows[run.network] = _read(out, run.network, seeds)
            known = rows[run.network].pop(seed, {})
            if metrics := run.complete():
                rows[run.network][seed] = _row(metrics, run.identity)
            elif known.get("run") == run.identity:  # of the first seed too: published run folders may lack model.keras
                rows[run.network][seed] = known
            else:
                waiting.append(Repeat(network, seed, run.identity, provenance.command()))
    return waiting, rows


def _root(out, seed, seeds):
    return Path(out) if seed == seeds[0] else Path(out, FOLDER, str(seed))


def _row(metrics, run):
    """Return what seeds.json has of one run."""
    test, training = metrics["test"], metrics["training"]
    scores = {"accuracy": test["accuracy"], "errors": test["errors"]} if "accuracy" in test else {
        "accuracy": test["all_heads_accuracy"], "errors": test["all_heads_errors"],
        **{f"{head}_accuracy": scores["accuracy"] for head, scores in test["heads"].items()},
    }  # fmt: skip
    cost = {"epochs": training["epochs"], "seconds": training["seconds"]}
    commit = metrics["git"] and metrics["git"]["commit"][:8]
    return {**scores, **cost, "machine": metrics["machine"], "threads": metrics["threads"], "commit": commit, "run": run}


def _read(out, network, seeds):
    """Return the rows of seeds.json, {seed: row}, as far as they are of these seeds."""
    path = Path(out, network, FILE)
    if not path.exists():
        return {}
    content = run_folders.read_json(path, "delete it")
    with run_folders.reading():
        columns = {name: values for name, values in content.items() if isinstance(values, list) and name != "seeds"}
        rows = {seed: {name: values[place] for name, values in columns.items()} for place, seed in enumerate(content["seeds"])}
    return {seed: row for seed, row in rows.items() if seed in seeds}


def _write(out, network, rows):
    """Write seeds.json into the run folder of the first seed, once there is one."""
    folder = Path(out, network)
    if rows and folder.exists():
        run_folders.write_json(
            folder / FILE, {**summary(network, rows), "command": provenance.command(), "versions": provenance.versions()}
        )


def _keep(folder, files):
    """Write the files of a run folder, {name: bytes}, whole or not at all."""
    with run_folders.locked(folder), run_folders.new_run(folder) as filled:
        for name, content in files.items():
            (filled / name).write_bytes(content)


def _killed(job, reason):
    raise UserError(f"the training with seed {job.seed} ended early: {reason}")
