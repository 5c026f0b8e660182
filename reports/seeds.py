"""How much the scores of a network differ from seed to seed, in words: seeds.json of its run folder."""

from statistics import fmean, stdev

from common import run_folders
from common.results import Results

FILE = "seeds.json"


def of_network(results: Results, network: str) -> dict | None:
    """Return seeds.json of a network; None if it was not repeated with other seeds. Raises UserError for a damaged file."""
    path = results.folder(network) / FILE
    return run_folders.read_json(path, "make it again") if path.exists() else None


def spread(shares: list[float]) -> str:
    """Return mean and standard deviation of shares in per cent: "99.65 ± 0.02%"; without the latter for a single one."""
    if len(shares) < 2:
        return f"{shares[0]:.2%}"
    return f"{100 * fmean(shares):.2f} ± {100 * stdev(shares):.2f}%"


def in_words(results: Results, network: str) -> dict:
    """Return the scores of a network over its seeds in words: "seeds" (how many), "accuracy", "errors", and "heads" by name."""
    metrics, repeated = results.metrics(network), of_network(results, network)
    heads = {head: accuracy(metrics, repeated, head) for head in metrics["test"].get("heads", ())}
    scores = {"accuracy": accuracy(metrics, repeated), "errors": errors(metrics, repeated), "heads": heads}
    return {"seeds": count(repeated), **scores}


def accuracy(metrics: dict, repeated: dict | None, head: str | None = None) -> str:
    """Return a test accuracy in words: over all seeds, or that of the network itself if it was not repeated.

    Parameters
    ----------
    metrics, repeated
        metrics.json and seeds.json of a network.
    head
        In Section 2: of this head; None for all heads together.
    """
    if repeated:
        return spread(repeated[f"{head}_accuracy" if head else "accuracy"])
    test = metrics["test"]
    return f"{test['heads'][head]['accuracy'] if head else test.get('accuracy', test.get('all_heads_accuracy')):.2%}"


def errors(metrics: dict, repeated: dict | None) -> str:
    """Return the test errors in words: "101 of 28,000", on average over the seeds if there are several."""
    test = metrics["test"]
    count = fmean(repeated["errors"]) if repeated else test.get("errors", test.get("all_heads_errors"))
    return f"{count:,.{1 if repeated and count < 100 else 0}f} of {metrics['data']['test']:,}"


def count(repeated: dict | None) -> int:
    """Return how many seeds there are."""
    return len(repeated["seeds"]) if repeated else 1
