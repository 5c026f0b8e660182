"""The findings that the front page shows: an image each, drawn from results, and the claim of the inference that it shows."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from common.results import Results
from data.line_classes import FACTORS, SIZE
from reports import figures, gallery_figures, inferences, series, sheets
from reports.names import MULTIHEAD
from reports.print_size import place, write

if TYPE_CHECKING:
    from reports.inferences import Inference

FOLDER = "findings"  # in reports
WIDE, TEXT = 9, 10  # inches, points
MOST = 4  # outputs of a head
METHOD = "hirescam"  # by which the profiles were measured that the inference about the heat rests on


class Finding(NamedTuple):
    """An image of the front page."""

    name: str  # of its file
    report: str  # a key of inferences.REPORTS
    inference: str  # the name of the one whose claim it shows
    words: str  # for who does not see it
    folder: str  # of the section, whose README has more
    draw: Callable[[Results], Figure]


def noise(results: Results) -> Figure:
    """Draw the accuracy of each head at each level of noise, above an image at that level."""
    rows = [{**row, "level": int(row["level"])} for row in series.numbers(results.file(f"{MULTIHEAD}/noise.csv"))]
    images = sheets.read(results.file(f"{MULTIHEAD}/noise_images.png"), "RGB", SIZE, SIZE)
    each = len(images) // len(rows)  # level
    return figures.noise_curve(rows, list(FACTORS), images[each - 1 :: each, None], "", (WIDE, 4.6))


def heads(results: Results) -> Figure:
    """Draw what activates the outputs of the four heads most, above the real line that does."""
    names, shown = [], []
    for layer, pairs in gallery_figures.read(results, MULTIHEAD).filters():
        if layer["layer"] in FACTORS:
            every = max(1, len(pairs) // MOST)
            names += [one["name"] for one in layer["filters"][::every]]
            shown += list(pairs[::every])
    drawn, real = np.array(shown).swapaxes(0, 1)
    return _rows(names, {"drawn": drawn, "real": real})


def heat(results: Results) -> Figure:
    """Draw a long thick line, and over it the heat of each head."""
    gallery = gallery_figures.read(results, MULTIHEAD)
    layer = gallery.about["activations"][0]["layer"]
    number = next((n for n, image in enumerate(gallery.about["images"]) if "long thick" in image["seen_as"]), 0)
    image = gallery.six[number]
    over = [gallery_figures.over_gray(image, gallery.heat(head, layer, METHOD)[number]) for head in FACTORS]
    return _rows(["image", *FACTORS], {"": [image, *over]})


def _rows(names, rows):
    """Draw rows of images, {name of the row: images}, below the names of the columns."""
    head, left = 0.25, 0.6 * any(rows)  # inches
    tile = (WIDE - left) / len(names)
    figure = Figure(figsize=(WIDE, head + len(rows) * tile))
    for column, name in enumerate(names):
        write(figure, left + column * tile, 0, name, fontsize=TEXT)
    for row, (title, images) in enumerate(rows.items()):
        write(figure, 0, head + (row + 0.4) * tile, title, fontsize=TEXT)
        for column, image in enumerate(images):
            shown = gallery_figures.lighter(image) if image.dtype == np.uint8 else image
            place(figure, left + column * tile, head + row * tile, 0.96 * tile).imshow(shown, interpolation="nearest")
    return figure


FINDINGS = (
    Finding(
        "heads", "q3_activations", "own-factor", "Drawn images that activate each head's outputs most, and the best real line",
        "q3_visualize", heads,
    ),
    Finding(
        "noise", "q2", "angle-first", "Accuracy of each head against the level of noise, and a line at each level",
        "q2_multihead", noise,
    ),
    Finding(
        "heat", "q3_heatmaps", "heads-look", "A long thick line, and the heat of each of the four heads over it",
        "q3_visualize", heat,
    ),
)  # fmt: skip


def found(results: Results) -> Iterator[tuple[Finding, Inference]]:
    """Yield the findings that these results bear out."""
    for finding in FINDINGS:
        for one in inferences.of_report(results, finding.report):
            if one.name == finding.inference:
                yield finding, one


def listed() -> str:
    """Return the findings of the published results for the front page: images, each with its claim."""
    return "\n\n".join(
        f"![{finding.words}](reports/{FOLDER}/{finding.name}.png)\n\n"
        f"**{one.claim}** [Section {finding.folder[1]}]({finding.folder}/README.md)"
        for finding, one in found(Results(own=False))
    )


def images(results: Results) -> dict[str, bytes]:
    """Return the images of the findings, {path below reports: PNG}."""
    made = {}
    for finding, _ in found(results):
        memory, packed = io.BytesIO(), io.BytesIO()
        finding.draw(results).savefig(memory, dpi=180, metadata={"Software": None})
        with Image.open(memory) as image:
            image.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(packed, "PNG", optimize=True)
        made[f"{FOLDER}/{finding.name}.png"] = packed.getvalue()
    return made
