"""The scores of the heads of a network of Section 2, as rows of text: for a terminal, and for READMEs."""


def head_rows(metrics: dict) -> list[tuple[str, ...]]:
    """Return the scores of a network's heads from its metrics.json, as rows of text: a header, heads, all together."""
    test, count = metrics["test"], metrics["data"]["test"]
    rows = [("head", "test accuracy", "errors", "macro F1", "loss")]
    for head, scores in {**test["heads"], f"all heads right ({metrics['data']['classes']} classes)": test["classes"]}.items():
        errors = f"{scores['errors']:,} of {count:,}"
        rows.append((head, f"{scores['accuracy']:.2%}", errors, f"{scores['macro_f1']:.4f}", f"{scores['loss']:.4f}"))
    rows.append(("mean of the heads", f"{test['mean_head_accuracy']:.2%}", "", "", ""))
    rows.append(("if the heads erred independently", f"{test['independent_heads_accuracy']:.2%}", "", "", ""))
    return rows


def noise_rows(levels: list[dict]) -> list[tuple[str, ...]]:
    """Return rows of noise.csv as rows of text, with a header."""
    heads = [key.removesuffix("_accuracy") for key in levels[0] if key.endswith("_accuracy")]
    rows = [("level", "blur", "dimmest", "noise", *(head.replace("_", " ") for head in heads), "angle off by")]
    for level in levels:
        accuracies = [f"{level[f'{head}_accuracy']:.2%}" for head in heads]
        strengths = f"{level['blur']:g} px", f"{level['dimmest']:.0%}", f"± {level['noise']:g}"
        rows.append((str(level["level"]), *strengths, *accuracies, f"{level['mean_absolute_error_degrees']:.2f}°"))
    return rows
