"""What metrics.json must hold, and of which kind, before anything is made of it."""

MOST = 2**32 - 1  # of a count or a seed
SCORES = {"loss": float, "accuracy": float, "errors": int, "macro_f1": float, "weighted_f1": float}
METRICS = {
    "network": str,
    "data": {
        "name": str, "source": str, "per_class": (int, None), "train": int, "validation": int, "test": int, "classes": int,
        "fingerprint": str,
    },
    "training": {
        "epochs": int, "batch_size": int, "seed": int, "recipe": dict, "parameters": int, "seconds": float, "command": str,
    },
    "test": SCORES,
    "machine": str,
    "versions": dict,
}  # fmt: skip
HEADS = ("length", "width", "angle", "color")
SEVERAL = {
    "heads": {
        head: SCORES | {"mean_absolute_error_degrees": float} if head == "angle" else SCORES for head in HEADS
    },
    "all_heads_accuracy": float, "all_heads_errors": int, "mean_head_accuracy": float, "independent_heads_accuracy": float,
    "classes": SCORES,
}  # fmt: skip


def faults(metrics):
    """Where a decoded metrics.json is not as it must be: a list of keys as in "data.train", empty for a good one."""
    several = isinstance(metrics, dict) and isinstance(metrics.get("test"), dict) and "heads" in metrics["test"]
    return list(_faults(metrics, {**METRICS, "test": SEVERAL} if several else METRICS, ""))


def _faults(value, kind, path):
    if not isinstance(kind, dict):
        if not _is(value, kind):
            yield path
        return
    if not isinstance(value, dict):
        yield path or "everything"
        return
    for key, inner in kind.items():
        yield from _faults(value.get(key, ...), inner, f"{path}.{key}" if path else key)


def _is(value, kind):
    if isinstance(kind, tuple):
        return any(_is(value, one) for one in kind)
    if kind is None:
        return value is None
    if kind is int:
        return type(value) is int and 0 <= value <= MOST
    if kind is float:
        return type(value) in (int, float) and -MOST <= value <= MOST  # which is not true of NaN
    if kind is str:
        return isinstance(value, str) and not any("\ud800" <= letter <= "\udfff" for letter in value)  # of no text file
    return isinstance(value, kind)
