"""Film the web page as a line turns: its image, the answers of the four heads, and the heat; for the README.

    python reports/animation.py               # reports/animation.webp, from reports/index.html; needs chromium and playwright
    python reports/animation.py --out DIR

The page is the one that shows the published results.
"""

import io
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from common import browser, command_line, run_folders
from data.errors import UserError

DEGREES = range(0, 180, 3)
MILLISECONDS = 90  # that a frame is shown
WIDTH, SCALE = 960, 0.75  # of the window, and of the film
PAUSE = 120  # milliseconds until the network has answered and all is drawn


def film(page: Path, path: str) -> bytes:
    """Return the film, WebP, of a page that the chromium at a path shows."""
    from PIL import Image

    with browser.started(path) as chromium:
        tab = chromium.new_page(viewport={"width": WIDTH, "height": 900}, reduced_motion="reduce")
        tab.goto(page.as_uri())
        tab.select_option("#lines-network .heat select >> nth=0", "angle")
        tab.select_option("#lines-network .heat select >> nth=2", "relu2")
        angle, shown = tab.locator("#lines-controls input >> nth=2"), tab.locator("#lines-network .looking")
        frames = []
        for degrees in DEGREES:
            angle.fill(str(degrees))
            tab.wait_for_timeout(PAUSE)
            with Image.open(io.BytesIO(shown.screenshot())) as image:
                size = [round(side * SCALE) for side in image.size]
                frames.append(image.convert("RGB").resize(size, Image.Resampling.LANCZOS))
    memory = io.BytesIO()
    frames[0].save(memory, "WebP", save_all=True, append_images=frames[1:], duration=MILLISECONDS, loop=0, quality=70, method=6)
    return memory.getvalue()


def main() -> None:
    """Film the page."""
    parser = command_line.Parser(__doc__)
    reports = run_folders.REPORTS
    parser.add_argument("--out", type=command_line.new_path, default=reports, metavar="DIR", help="where to (default: reports)")
    folder = parser.parse_args().out
    path = browser.chromium()
    if not path:
        raise UserError("there is no chromium: apt install chromium")
    data = film(reports / "index.html", path)
    folder.mkdir(parents=True, exist_ok=True)
    with run_folders.whole_file(folder / "animation.webp") as file:
        file.write(data)
    print(f"{folder / 'animation.webp'}: {len(data) / 1e6:.2f} MB, {len(DEGREES)} frames")


if __name__ == "__main__":
    command_line.execute(main)
