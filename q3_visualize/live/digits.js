"use strict";
// A pad to draw a digit on, which is then centered and scaled as those of MNIST were.

const Digit = (() => {
  const SIZE = 28, BOX = 20; // MNIST's digits fit into 20 x 20 pixels, and their center of mass is the image's center

  // The ink of a pad, (side, side) from 0 to 1, averaged over each pixel of a grid that lies at left, top and is `step` wide.
  function averaged(ink, side, left, top, step, columns, rows) {
    const result = new Float64Array(columns * rows);
    const share = (place, start) => Math.min(place + 1, start + step) - Math.max(place, start); // of the pad's pixel in the cell
    for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++) {
      const [x, y] = [left + column * step, top + row * step];
      let sum = 0;
      for (let down = Math.max(0, Math.floor(y)); down < Math.min(side, y + step); down++)
        for (let right = Math.max(0, Math.floor(x)); right < Math.min(side, x + step); right++)
          sum += ink[down * side + right] * share(down, y) * share(right, x);
      result[row * columns + column] = sum / step ** 2;
    }
    return result;
  }

  // Returns the digit as MNIST would have it, Uint8Array (28, 28, 1): http://yann.lecun.com/exdb/mnist
  function centered(ink, side) {
    const image = new Uint8Array(SIZE * SIZE), used = [...ink.keys()].filter((at) => ink[at] > 0);
    if (!used.length) return image;
    const columns = used.map((at) => at % side), rows = used.map((at) => Math.floor(at / side));
    const least = (values) => values.reduce((one, other) => Math.min(one, other)), most = (values) => values.reduce((one, other) => Math.max(one, other));
    const [left, top] = [least(columns), least(rows)], [width, height] = [most(columns) + 1 - left, most(rows) + 1 - top];
    const step = Math.max(width, height) / BOX, across = Math.ceil(width / step - 1e-9), down = Math.ceil(height / step - 1e-9);
    const small = averaged(ink, side, left, top, step, across, down);
    const mass = small.reduce((sum, value) => sum + value, 0);
    const mean = (place) => small.reduce((sum, value, at) => sum + value * (place(at) + 0.5), 0) / mass;
    const [x, y] = [mean((at) => at % across), mean((at) => Math.floor(at / across))].map((center) => Math.round(SIZE / 2 - center));
    small.forEach((value, at) => {
      const [column, row] = [(at % across) + x, Math.floor(at / across) + y];
      if (column >= 0 && column < SIZE && row >= 0 && row < SIZE) image[row * SIZE + column] = Math.round(255 * Math.min(value, 1));
    });
    return image;
  }

  return { centered };
})();

class DigitPad {
  static SIDE = 112; // pixels of the pad
  static PEN = 4; // half the width of a stroke

  // examples: [{name, image: base64}]. changed(image) is called with every new image.
  constructor(root, controls, examples, changed) {
    Object.assign(this, { changed, ink: new Float64Array(DigitPad.SIDE ** 2) });
    this.canvas = made("canvas", { class: "pad drawn-on", role: "img", "aria-label": "a pad to draw a digit on" });
    root.append(made("figure", {}, this.canvas, made("figcaption", {}, "Draw a digit here, with mouse, pen or finger.")));
    const choice = made("select", { onchange: () => this.#example(examples[choice.selectedIndex - 1]) });
    options(choice, ["choose", ...examples.map(({ name }) => name)]);
    controls.append(made("button", { type: "button", onclick: () => this.clear() }, "Clear"), labelled("or a digit of MNIST", choice));
    new Pen(this.canvas, (event) => this.#place(event), (place) => this.#mark(place));
    this.update = newest(async () => {
      await new Promise(requestAnimationFrame);
      this.changed(Digit.centered(this.ink, DigitPad.SIDE));
    });
    this.#paint();
    if (examples.length) this.#example(examples[0]);
  }

  clear() {
    this.ink.fill(0);
    this.#paint();
    this.update();
  }

  #example(example) {
    if (!example) return;
    this.ink.fill(0);
    this.#paint();
    this.changed(Engine.bytes(example.image));
  }

  #place(event) {
    const box = this.canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * DigitPad.SIDE, ((event.clientY - box.top) / box.height) * DigitPad.SIDE];
  }

  #mark([x, y]) {
    const side = DigitPad.SIDE, reach = DigitPad.PEN + 1;
    for (let row = Math.max(0, Math.floor(y - reach)); row < Math.min(side, y + reach); row++)
      for (let column = Math.max(0, Math.floor(x - reach)); column < Math.min(side, x + reach); column++) {
        const share = Math.min(Math.max(DigitPad.PEN + 0.5 - Math.hypot(column + 0.5 - x, row + 0.5 - y), 0), 1);
        this.ink[row * side + column] = Math.max(this.ink[row * side + column], share);
      }
    this.#paint();
    this.update();
  }

  #paint() {
    paint(this.canvas, DigitPad.SIDE, DigitPad.SIDE, (x, y) => Array(3).fill(255 * this.ink[y * DigitPad.SIDE + x]));
  }
}
