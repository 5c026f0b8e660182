"""Writes a web page in which a network runs: draw on the image, and answers, heat and the maps of every layer follow.

    python q3_visualize/live.py --network q1_cnn/mnist/part2
    python q3_visualize/live.py --model any.keras --image cat.jpg
    python q3_visualize/live.py --model any.keras --classes names.txt     # a name of a class on each line
    python q3_visualize/live.py --model any.keras --no-browser            # writes the page, and opens nothing

The page, live.html, is one file that holds the network. It needs no server and loads nothing; one can send it to somebody. It
says how far its outputs for the first image lie from those of Keras. live.json is what the page is made of. Without --image and
--quick it shows what in the network's data set activates each channel most.
"""

from __future__ import annotations

import base64
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from common import command_line, provenance, run_folders
from data.errors import UserError
from q3_visualize import commands, shown
from reports import web
from reports.names import LIVE

if TYPE_CHECKING:
    from q3_visualize.networks import Network

EXAMPLES = 10  # test images: of MNIST one of each digit
REAL = 1000  # images in which the best patches are looked for
MOST_PARAMETERS = 50_000_000  # a browser reads no text of more than half a gigabyte


def contents(
    network: Network, images: shown.Images, class_names: list[str] | None = None, real: np.ndarray | None = None
) -> dict:
    """Return what a page is made of: network as `lowering.lower` returns it, examples, and the outputs that are expected.

    Parameters
    ----------
    images
        To choose from; that the page computes what Keras does is checked with the first.
    class_names
        Of every head with as many classes.
    real
        Images that the network was made for, uint8 (n, height, width, channels): what activates its channels most is shown.

    Raises
    ------
    UserError
        For a network with layers that the page cannot run or too many parameters, and if no head has so many classes.
    """
    from q3_visualize.channel_sheets import channel_sheets
    from q3_visualize.lowering import lower

    parameters = network.model.count_params()
    if parameters > MOST_PARAMETERS:
        raise UserError(f"{network.name} has {parameters:,} parameters: a page holds at most {MOST_PARAMETERS:,}")
    lowered = lower(network)
    _name_classes(lowered["heads"], class_names)
    if real is not None:
        lowered["channels"] = channel_sheets(network, real)
    predicted = network.predict(images.images[:1])
    return {
        "network": lowered,
        "examples": [{"name": name, "image": _in_base64(image)} for name, image in zip(images.names, images.images)],
        "expected": {head["name"]: predicted[head["name"]][0].tolist() for head in lowered["heads"]},
    }


def page(content: dict) -> str:
    """Return the page, HTML, of what `contents` returned."""
    return web.environment().get_template("live.html").render(
        name=content["network"]["name"], style=web.text(web.PARTS / "live.css"), data=web.in_script(content),
        origin=provenance.command(), **web.scripts(start=web.text(web.PARTS / "start.js")),
    )  # fmt: skip


def _name_classes(heads, names):
    """Give names to the classes of all heads that have so many."""
    if names is None:
        return
    fitting = [head for head in heads if len(head["classes"]) == len(names)]
    if not fitting:
        counts = " or ".join(sorted({f"{len(head['classes'])}" for head in heads}))
        raise UserError(f"--classes has {len(names)} names, one on each line, and the network has {counts} classes")
    for head in fitting:
        head["classes"] = names


def _in_base64(image):
    return base64.b64encode(np.ascontiguousarray(image).tobytes()).decode()


def _images(network, arguments):
    """Return the images that were named, those of the network's data set, or else a pattern."""
    if arguments.image or network.metrics:
        return shown.images_of(network, arguments, EXAMPLES)
    return pattern(network)


def pattern(network: Network) -> shown.Images:
    """Return one image for a network whose data set is not known."""
    height, width, channels = network.input_shape
    y, x, channel = np.meshgrid(np.linspace(0, 1, height), np.linspace(0, 1, width), np.arange(channels), indexing="ij")
    waves = 0.5 + 0.5 * np.sin(2 * np.pi * (2 + channel) * (x + y))
    return shown.Images(np.rint(255 * waves).astype(np.uint8)[None], ("a pattern",), "")


def _real(network, arguments):
    """Return images of the network's data set to look for the best patches in; None where it need not be at hand."""
    if not network.metrics or arguments.image or arguments.quick:
        return None
    known = shown.dataset(network, arguments)
    return known.images[shown.spread_test(known, REAL)]


def _read_names(path):
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise UserError(f"--classes {path} is no text in UTF-8") from error
    return [line.strip() for line in lines if line.strip()]


def main() -> None:
    """Parse the flags, write the page and open it."""
    parser = commands.parser(__doc__)
    parser.add_argument("--classes", type=command_line.existing_path, metavar="FILE", help="names of classes, one on each line")
    parser.add_argument("--no-browser", action="store_true", help="only write the page")
    arguments = commands.parse(parser)
    if arguments.layer:
        parser.error("--layer: the page shows every layer; leave it out")
    names = _read_names(arguments.classes) if arguments.classes else None
    for network in commands.networks(arguments, LIVE):
        content = contents(network, _images(network, arguments), names, _real(network, arguments))
        folder = commands.folder(network, arguments)
        folder.mkdir(parents=True, exist_ok=True)
        files = {"live.json": web.as_json({**content, **commands.provenance_of([network])}), "live.html": page(content)}
        for name, text in files.items():
            with run_folders.whole_file(folder / name) as file:
                file.write(text.encode())
            print(folder / name)
        if not arguments.no_browser:
            webbrowser.open((folder / "live.html").resolve().as_uri())


if __name__ == "__main__":
    command_line.execute(main)
