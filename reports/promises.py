"""The README's table of what is promised, how often it was tried to break it, and what came out."""

from reports import runs
from reports.printing import environment, markdown

HOSTILE = ("test_model_files.py", "test_files.py", "test_names.py")  # of tests/, what others could hand us


def promises():
    """The table, from what benchmarks/trust.py and benchmarks/determinism.py counted and measured."""
    told, cost = (
        runs.read_study(runs.ROOT / f"benchmarks/{name}.json", f"python benchmarks/{name}.py")
        for name in ("trust", "determinism")
    )
    tried, passed = told["tried"], told["passed"]
    ratios = [network["ratio"] for network in cost["networks"].values()]
    rows = [
        ("promised", "tried", "came out"),
        (
            "a killed training goes on with `--resume`, loses at most the epoch in progress, and ends as if nothing had been",
            f"{tried['kills']} kills with SIGKILL, {tried['kills while a file was being written']} of them during a write",
            "the same weights, history, metrics and figures, bit for bit",
        ),
        (
            "a result is written whole or not at all",
            f"{tried['full disks']} full disks, a limit on files, a read-only one, {tried['Ctrl-C']} Ctrl-C, two runs at once",
            "one line each, earlier results as they were",
        ),
        (
            "files of others run nothing, take no more memory than they have, and write nothing outside of `--out`",
            f"{sum(passed[name] for name in HOSTILE)} tests with code, links, bombs, pipes, absurd shapes and names",
            "refused with one line, or opened without harm",
        ),
        (
            "whatever a file holds, it is read or refused with one line",
            f"{tried['inputs']:,} pictures, archives, names and metrics.json, damaged; {tried['bytes'] / 1e6:,.0f} MB",
            "no other error, no hang",
        ),
        (
            "the same command and seed on the same machine give the same bytes",
            f"{passed['test_repetition.py']} sets of commands, twice each, in fresh processes",
            f"they do; the deterministic operations take {min(ratios):.2f} to {max(ratios):.2f} times as long as others",
        ),
    ]
    return f"{markdown(rows)}\n\n- `{told['command']}`, `{cost['command']}`; {environment(told)}"
