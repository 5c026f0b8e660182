"""Kinds of network, and what Grad-CAM of ours and of others makes of the same file.

    .venv-benchmarks/bin/python benchmarks/kinds.py                # all kinds, in 6 minutes
    .venv-benchmarks/bin/python benchmarks/kinds.py --only RGBA    # the kinds that have this in their name
    .venv-benchmarks/bin/python benchmarks/kinds.py --quick        # three kinds: that it works

Each network of zoo.py is saved, and its heatmap computed by a plain tape on the live model. A contender that gets the file, the
image and what a user of the network knows is right where its map has a correlation of at least 0.99 with that one. Writes
benchmarks/kinds.json, of which README.md shows a table; --only and --quick write nothing.
"""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
import tempfile
import textwrap
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from common import command_line, provenance, run_folders
from data.errors import UserError

if TYPE_CHECKING:
    from benchmarks.zoo import Kind

RESULT = Path(__file__).with_name("kinds.json")
OURS, PEERS = "ours", ("tf-keras-vis", "xplique")
ALIKE = 0.99
BEGIN, END = "begin ", "end "  # of the lines of peers.py
QUICK = 3  # kinds
SECONDS = 600  # that ours may take for one network, and a peer for all
LONGEST = 160  # characters of a sentence of ours

Heatmap = np.ndarray  # float (h, w), or (d, h, w) of a volume


class Failure(NamedTuple):
    """What a contender gave instead of a heatmap."""

    result: str  # "refused" for a sentence that says why, "error" for anything else
    detail: str


def main() -> None:
    """Parse the command line, build and save the networks, explain them, and print and write what came of it."""
    parser = command_line.Parser(__doc__)
    parser.add_argument("--only", metavar="TEXT", default="", help="the kinds that have this in their name")
    parser.add_argument(
        "--quick", action="store_true", help="the first three kinds, and write nothing; fail where ours is not right"
    )
    arguments = parser.parse_args()
    from benchmarks.zoo import KINDS

    kinds = [kind for kind in KINDS if arguments.only.lower() in kind.name.lower()]
    if not kinds:
        raise UserError(f"no kind has {arguments.only!r} in its name: they are {'; '.join(kind.name for kind in KINDS)}")
    with tempfile.TemporaryDirectory() as folder:
        rows = compare(kinds[:QUICK] if arguments.quick else kinds, Path(folder))
    if arguments.quick and (failed := [row["kind"] for row in rows if row[OURS]["result"] != "right"]):
        raise UserError(f"ours is not right: {'; '.join(failed)}")
    if not (arguments.quick or arguments.only):
        installed = {package.name.lower(): package.version for package in metadata.distributions()}
        versions = {**provenance.versions(), **{peer: installed.get(peer, "not installed") for peer in PEERS}}
        origin = {**provenance.origin(), "date": datetime.date.today().isoformat(), "versions": versions}
        run_folders.write_json(RESULT, {**origin, "rows": rows})
        print(RESULT)


def compare(kinds: list[Kind], folder: Path) -> list[dict]:
    """Return a row for each kind, and print it. Files go to the folder."""
    references = {kind.slug: prepare(kind, folder) for kind in kinds}
    outcomes = {peer: by_peer(peer, folder, list(references)) for peer in PEERS}
    rows = []
    for kind in kinds:
        maps = references[kind.slug]
        row = {"kind": kind.name, OURS: judged(by_ours(kind, folder), maps[:1])}
        row |= {peer: judged(outcomes[peer][kind.slug], [np.maximum(each, 0) for each in maps]) for peer in PEERS}
        rows.append(row)
        print("\n  ".join([kind.name, *(f"{name}: {in_words(row[name])}" for name in (OURS, *PEERS))]), flush=True)
    return rows


def prepare(kind: Kind, folder: Path) -> list[Heatmap]:
    """Save a kind's network, images, inputs and weights under its slug, and return the heatmaps of a plain tape."""
    from benchmarks import zoo
    from common.quiet import keras

    keras.utils.clear_session()  # or names of layers depend on the networks before
    keras.utils.set_random_seed(kind.seed)
    built, image = kind.build(), zoo.drawn(kind.shape)
    inputs = kind.values(image)
    weights = zoo.weights_of(kind, built, inputs)
    built.model.save(folder / f"{kind.slug}.keras")
    zoo.save_image(image, folder / f"{kind.slug}.png")
    if kind.second:
        zoo.save_image(zoo.second_image(image), folder / f"{kind.slug}_second.png")
    arrays = {
        f"{word}{place}": array for word, of in (("input", inputs), ("weights", weights)) for place, array in enumerate(of)
    }
    np.savez(folder / f"{kind.slug}.npz", **arrays)
    maps = zoo.references(kind, built, inputs, weights)
    if not all((heat > 0).any() for heat in maps):
        raise RuntimeError(f"{kind.name}: a map without a positive part, which is all that others return: choose another seed")
    return maps


def by_ours(kind: Kind, folder: Path) -> Heatmap | Failure:
    """Run gradcam.py as a user does, and read the map that it wrote."""
    path, out = folder / f"{kind.slug}.keras", folder / OURS / kind.slug
    images = [path.with_suffix(".png"), *[folder / f"{kind.slug}_second.png"] * kind.second]
    flags = ["--model", path, "--image", *images, "--layer", kind.layer, *kind.flags, "--out", out]
    command = [sys.executable, str(run_folders.ROOT / "q3_visualize/gradcam.py"), *map(str, flags)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return Failure("error", f"no end in {SECONDS} s")
    if done.returncode:
        said = (done.stderr.splitlines() or [f"status {done.returncode}"])[-1].replace(f"{folder}/", "")
        return Failure(
            "refused" if done.returncode == 2 else "error",
            textwrap.shorten(said.removeprefix("error: "), LONGEST, placeholder=" ..."),
        )
    for file in out.rglob("*.npz"):
        with np.load(file) as arrays:
            for name in arrays.files:
                if "gradcam" in name.split("|"):
                    return arrays[name][0]
    return Failure("error", "no map in what it wrote")


def by_peer(peer: str, folder: Path, slugs: list[str]) -> dict[str, Heatmap | Failure]:
    """Run peers.py for all kinds; where its process dies, again for those that are left."""
    (folder / peer).mkdir(exist_ok=True)
    outcomes, waiting = {}, list(slugs)
    while waiting:
        command = [sys.executable, str(Path(__file__).with_name("peers.py")), peer, str(folder), *waiting]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
            output, end = done.stdout, f"its process ended with status {done.returncode}"
        except subprocess.TimeoutExpired as late:
            output, end = (late.stdout or b"").decode(), "its process did not end"
        before = len(waiting)
        for line in output.splitlines():
            if line.startswith(BEGIN):
                outcomes[line.removeprefix(BEGIN)] = Failure("error", end)
            elif line.startswith(END):
                slug, error = json.loads(line.removeprefix(END))
                outcomes[slug] = Failure("error", error) if error else np.load(folder / peer / f"{slug}.npy")
        waiting = [slug for slug in slugs if slug not in outcomes]
        if len(waiting) == before:
            raise UserError(f"{peer} does not start: {(done.stderr.splitlines() or [end])[-1]}")
    return outcomes


def judged(outcome: Heatmap | Failure, references: list[Heatmap]) -> dict:
    """Return what came of a contender, its correlation with a reference, and details of what is not simply right.

    The first reference is what was asked for, the others are of other calls of the layer, which peers cannot be asked for.
    """
    if isinstance(outcome, Failure):
        return {"result": outcome.result, "detail": outcome.detail, "correlation": None}
    if not references:
        return {"result": "a map", "detail": "", "correlation": None}
    found = [correlation(outcome, each) for each in references]
    if None in found:
        return {"result": "wrong", "detail": f"a map of {' x '.join(map(str, np.shape(outcome)))}", "correlation": None}
    best = max(found)
    result = "right" if best >= ALIKE else "wrong"
    detail = f"correlation {best:.2f}" if best < ALIKE else "" if found[0] >= ALIKE else "another call of the layer"
    return {"result": result, "detail": detail, "correlation": round(best, 6)}


def correlation(heat: Heatmap, reference: Heatmap) -> float | None:
    """Return Pearson's correlation of a map with the reference, enlarged to its size as others enlarge theirs.

    That is linearly, from corner to corner, or by bicubic curves; the better one counts. None for a map that has another number
    of axes or is smaller. A map that is flat or not finite has 0.
    """
    from scipy import ndimage

    from common.quiet import tensorflow

    heat = np.asarray(heat, np.float64)
    if heat.ndim != reference.ndim or any(np.array(heat.shape) < reference.shape):
        return None
    if not np.isfinite(heat).all() or not heat.std():
        return 0.0
    enlarged = [ndimage.zoom(reference, np.divide(heat.shape, reference.shape), order=1)]
    if heat.ndim == 2:
        scale = np.abs(reference).max() or 1.0  # TensorFlow enlarges in float32
        enlarged.append(tensorflow.image.resize(reference[..., None] / scale, heat.shape, "bicubic").numpy()[..., 0])
    return max(float(np.corrcoef(heat.ravel(), each.ravel())[0, 1]) for each in enlarged)


def in_words(found: dict) -> str:
    """Return a result in a line."""
    return ": ".join(filter(None, (found["result"], found["detail"])))


if __name__ == "__main__":
    command_line.execute(main)
