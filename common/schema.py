"""Which fields metrics.json must have, and their types."""

from collections.abc import Iterator

MOST = 2**32 - 1  # of a number's size
SCORE = {"loss": float, "accuracy": float, "errors": int, "macro_f1": float, "weighted_f1": float}
METRICS = {
    "network": str, "machine": str, "versions": dict, "test": SCORE,
    "data": {"name": str, "source": str, "per_class": int | None, "train": int, "validation": int, "test": int,
             "classes": int, "fingerprint": str},
    "training": {"epochs": int, "batch_size": int, "seed": int, "recipe": dict, "parameters": int, "seconds": float,
                 "command": str},
}  # fmt: skip
MULTIHEAD_TEST = {
    "heads": {"length": SCORE, "width": SCORE, "color": SCORE, "angle": {**SCORE, "mean_absolute_error_degrees": float}},
    "all_heads_accuracy": float, "all_heads_errors": int, "mean_head_accuracy": float, "independent_heads_accuracy": float,
    "classes": SCORE,
}  # fmt: skip


def missing_fields(metrics: object) -> list[str]:
    """Return the fields of a decoded metrics.json that are missing or of another type: ["data.train", ...]."""
    multihead = isinstance(metrics, dict) and isinstance(metrics.get("test"), dict) and "heads" in metrics["test"]
    return list(_missing(metrics, {**METRICS, "test": MULTIHEAD_TEST} if multihead else METRICS))


def _missing(value: object, kind: object, path: str = "") -> Iterator[str]:
    if isinstance(value, dict) and isinstance(kind, dict):
        for key, inner in kind.items():
            yield from _missing(value.get(key, ...), inner, f"{path}.{key}".lstrip("."))
    elif isinstance(kind, dict) or not _is(value, kind):
        yield path or "everything"


def _is(value, kind):
    if kind == int | None:
        return value is None or _is(value, int)
    if kind is int:
        return type(value) is int and 0 <= value <= MOST
    if kind is float:
        return type(value) in (int, float) and -MOST <= value <= MOST  # which is not true of NaN
    if kind is str:
        return isinstance(value, str) and not any("\ud800" <= letter <= "\udfff" for letter in value)  # halves of a letter
    return isinstance(value, kind)
