"use strict";
// Draws lines as data/lines.py and data/noise.py do, and lets one turn, stretch and move a line.

const Line = (() => {
  const SIZE = 28, DIRECTIONS = [[1, 1], [1, -1], [-1, -1], [-1, 1]];

  const half = ({ length, width, degrees }) => {
    const angle = (degrees * Math.PI) / 180, [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
    return [[(cosine * length) / 2, (-sine * length) / 2], [(sine * width) / 2, (cosine * width) / 2]];
  };

  // How far a line reaches from its center, [x, y] in pixels.
  const reach = (line) => [0, 1].map((axis) => half(line).reduce((sum, side) => sum + Math.abs(side[axis]), 0));

  function corners(line) {
    const [long, across] = half(line);
    return DIRECTIONS.map(([along, aside]) => [line.x + along * long[0] + aside * across[0], line.y + along * long[1] + aside * across[1]]);
  }

  // The part of a convex polygon on one side of a border: sign * (coordinate - border) >= 0.
  function cut(polygon, axis, border, sign) {
    return polygon.flatMap((point, number) => {
      const next = polygon[(number + 1) % polygon.length];
      const here = sign * (point[axis] - border), there = sign * (next[axis] - border);
      const kept = here >= 0 ? [point] : [];
      if (here * there >= 0) return kept;
      const share = here / (here - there);
      return [...kept, [0, 1].map((each) => point[each] + share * (next[each] - point[each]))];
    });
  }

  const between = (polygon, axis, low) => cut(cut(polygon, axis, low, 1), axis, low + 1, -1);
  const area = (polygon) => Math.abs(polygon.reduce((sum, [x, y], number) => {
    const [nextX, nextY] = polygon[(number + 1) % polygon.length];
    return sum + x * nextY - nextX * y;
  }, 0)) / 2;

  // The share of each pixel that a line covers, exactly: the area of the line's part in it.
  function coverage(line) {
    const covered = new Float64Array(SIZE * SIZE), whole = corners(line), [across, down] = [0, 1].map((axis) => whole.map((corner) => corner[axis]));
    for (let row = Math.max(0, Math.floor(Math.min(...down))); row < Math.min(SIZE, Math.max(...down)); row++) {
      const strip = between(whole, 1, row);
      for (let column = Math.max(0, Math.floor(Math.min(...across))); column < Math.min(SIZE, Math.max(...across)); column++)
        covered[row * SIZE + column] = area(between(strip, 0, column));
    }
    return covered;
  }

  // The image of a line, Uint8Array (28, 28, 3): {length, width, degrees, blue, x, y} in pixels, blue from 0 to 1.
  function drawn(line) {
    const image = new Uint8Array(SIZE * SIZE * 3);
    coverage(line).forEach((share, at) => {
      image[3 * at] = Math.round(255 * share * (1 - line.blue));
      image[3 * at + 2] = Math.round(255 * share * line.blue);
    });
    return image;
  }

  // A line inside of the image, as near as possible to the one that is wanted.
  function fitting(line) {
    const [across, down] = reach(line), inside = (place, margin) => Math.min(Math.max(place, margin), SIZE - margin);
    return { ...line, x: inside(line.x, across), y: inside(line.y, down) };
  }

  // Blurred by so many pixels along both axes; beyond the border all is black.
  function blurred(image, blur) {
    const most = Math.max(1, Math.round(blur * 4)), weights = Array.from({ length: 2 * most + 1 }, (_, at) => Math.exp(-((at - most) ** 2) / (2 * blur ** 2)));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const along = (values, step, places, place) => values.map((_, at) => weights.reduce((sum, weight, tap) => {
      const other = place(at) + tap - most;
      return other < 0 || other >= places ? sum : sum + (weight / total) * values[at + (tap - most) * step];
    }, 0));
    const wide = along(Float64Array.from(image), 3, SIZE, (at) => Math.floor(at / 3) % SIZE);
    return along(wide, 3 * SIZE, SIZE, (at) => Math.floor(at / (3 * SIZE)));
  }

  // An image at a level of noise: strengths as data/noise.py has them; grains: a normally distributed number for each number.
  function noisy(image, { blur, dimmest, noise }, grains) {
    const signal = blur ? blurred(image, blur) : image;
    return Uint8Array.from(image, (_, at) => Math.min(Math.max(Math.round(((1 + dimmest) / 2) * signal[at] + noise * grains[at]), 0), 255));
  }

  const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  const grains = () => Float64Array.from({ length: SIZE * SIZE * 3 }, normal);

  return { SIZE, half, reach, corners, fitting, drawn, noisy, grains };
})();

// A line on the screen of a network, to be dragged; sliders say the same in numbers.
class LineDrawing {
  // levels: the strengths of each level of noise. changed(image, line) is called with every new image.
  constructor(root, screen, levels, changed) {
    Object.assign(this, { screen, levels, changed, grains: Line.grains() });
    this.line = { length: 15, width: 3, degrees: 20, blue: 0, x: 14, y: 14 };
    const slider = (name, text, min, max, step) => {
      const input = made("input", { type: "range", min, max, step, oninput: () => this.#slid(name, Number(input.value)) });
      return [name, { input, root: labelled(text, input) }];
    };
    this.sliders = new Map([
      slider("length", "length", 3, 20, 0.1), slider("width", "width", 0.5, 5, 0.1), slider("degrees", "angle", 0, 179, 1),
      slider("blue", "red to blue", 0, 1, 0.01), slider("x", "across", 0, Line.SIZE, 0.1), slider("y", "down", 0, Line.SIZE, 0.1),
      slider("level", "noise", 0, levels.length - 1, 1),
    ]);
    this.level = 0;
    root.append(...[...this.sliders.values()].map(({ root: label }) => label));
    this.handles = [1, -1, 0].map((end) => this.#handle(end));
  }

  // Shows the line as it is.
  begin() {
    this.#changes({});
  }

  // Turns the line until something is touched; not for people who asked for less motion.
  turn() {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    this.turning = true;
    for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, () => { this.turning = false; }, { once: true });
    const step = () => {
      if (!this.turning) return;
      const { top, bottom } = this.screen.root.getBoundingClientRect(); // what nobody sees does not move
      if (!document.hidden && bottom > 0 && top < innerHeight) this.#changes({ degrees: (this.line.degrees + 0.4) % 180 });
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  // The image of a line, with this one's noise.
  image(line = this.line) {
    const image = Line.drawn(Line.fitting(line));
    return this.level ? Line.noisy(image, this.levels[this.level], this.grains) : image;
  }

  #slid(name, value) {
    if (name === "level") this.level = value;
    this.#changes(name === "level" ? {} : { [name]: value });
  }

  #changes(parts) {
    this.line = Line.fitting({ ...this.line, ...parts });
    for (const [name, { input }] of this.sliders) {
      input.value = name === "level" ? this.level : this.line[name];
      input.setAttribute("aria-valuetext", name === "degrees" ? `${input.value} degrees` : input.value);
    }
    const [[alongX, alongY]] = Line.half(this.line);
    this.handles.forEach(({ circle, end }) => {
      circle.setAttribute("cx", this.line.x + end * alongX);
      circle.setAttribute("cy", this.line.y + end * alongY);
    });
    this.changed(this.image(), this.line);
  }

  // An end of the line, which turns and stretches it around the other end, or its middle, which moves it.
  #handle(end) {
    const circle = madeSvg("circle", { class: "handle", r: end ? 1.4 : 1 });
    let fixed = null;
    circle.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      circle.setPointerCapture(event.pointerId);
      const [[alongX, alongY]] = Line.half(this.line);
      fixed = [this.line.x - end * alongX, this.line.y - end * alongY];
    });
    circle.addEventListener("pointermove", (event) => {
      if (!fixed) return;
      const [x, y] = this.screen.place(event);
      if (!end) return this.#changes({ x, y });
      const [right, up] = [end * (x - fixed[0]), end * (fixed[1] - y)];
      const length = Math.min(Math.max(Math.hypot(right, up), 3), 20), degrees = ((Math.atan2(up, right) * 180) / Math.PI + 360) % 180;
      this.#changes({ length, degrees, x: (x + fixed[0]) / 2, y: (y + fixed[1]) / 2 });
    });
    for (const kind of ["pointerup", "pointercancel"]) circle.addEventListener(kind, () => { fixed = null; });
    this.screen.overlay.append(circle);
    return { circle, end };
  }
}
