"use strict";
// The feature maps of every layer, and what one of their cells sees.

class Layers {
  static OPEN = 24; // of a network with more layers only the first and the last are open
  static MOST = 64; // channels of a layer that are drawn

  constructor(looking) {
    this.looking = looking;
    const paths = looking.network.layers.map(({ path }) => path), few = paths.length <= Layers.OPEN;
    this.parts = looking.network.layers.map((layer, place) => new Layer(this, layer, few || place === 0 || place === paths.length - 1));
    this.said = new Said();
    this.readout = made("p", { class: "readout" }, "Point at a cell of a map, or move to it with the arrow keys.");
    this.kernel = made("canvas", { class: "kernel", hidden: true, role: "img", "aria-label": "the filter of this channel" });
    this.best = new Best(looking.network);
    this.root = made("div", { class: "layers" }, made("div", { class: "cell" }, this.kernel, this.best.root, this.readout, this.said.root), ...this.parts.map(({ root }) => root));
  }

  open() {
    return this.parts.filter(({ root }) => root.open).map(({ layer }) => layer.path);
  }

  paint(maps) {
    for (const part of this.parts) if (maps[part.layer.path]) part.paint(maps[part.layer.path]);
  }

  // Says what one cell holds and sees, and frames that in the image.
  async describe(part, channel, row, column) {
    const { layer, values } = part, [height, width] = part.size;
    const value = values[(row * width + column) * part.channels + channel];
    const place = height * width > 1 ? `channel ${channel + 1} of ${part.channels}, row ${row + 1}, column ${column + 1}` : `number ${channel + 1} of ${part.channels}`;
    const fields = layer.fields ?? null, sides = fields && `it sees ${fields[1][1]} × ${fields[0][1]} pixel${fields[0][1] * fields[1][1] > 1 ? "s" : ""}`;
    this.readout.textContent = `${layer.path}, ${place}: ${short(value)}${sides ? `; ${sides}` : ""}`;
    this.said.say(this.readout.textContent);
    this.looking.screen.frame(fields, row, column);
    const chosen = `${channel} of ${layer.path}`;
    if (chosen === this.chosen) return; // another cell or image, of which filter and best patches are the same
    this.chosen = chosen;
    this.best.show(layer, channel);
    const { kernel, window } = await this.looking.service.ask("kernel", { path: layer.path, channel });
    this.kernel.hidden = !kernel;
    if (kernel) this.#paintKernel(kernel, window);
  }

  // A filter over colors around the gray of 0; over gray in the colors of signed numbers.
  #paintKernel(kernel, [height, width]) {
    const channels = kernel.length / (height * width), top = kernel.reduce((most, weight) => Math.max(most, Math.abs(weight)), 1e-9);
    paint(this.kernel, width, height, (x, y) => {
      const at = (y * width + x) * channels;
      return channels === 3 ? [0, 1, 2].map((color) => 127.5 + (127.5 * kernel[at + color]) / top) : signed(kernel[at] / top);
    });
  }
}

// What activates a channel most: the image that was drawn for it, and real patches. For layers that keep the channels of the one
// before, as a batch normalization does, those of that one.
class Best {
  constructor(network) {
    this.sheets = new Map();
    let sheet = null, channels = 0;
    for (const { path, shape } of network.layers) {
      if (network.channels?.[path]) {
        sheet = { ...network.channels[path], image: new Image() };
        sheet.image.src = `data:image/png;base64,${sheet.sheet}`;
        channels = null;
      }
      channels ??= shape.at(-1);
      if (sheet && shape.at(-1) === channels) this.sheets.set(path, sheet);
    }
    this.canvas = made("canvas", { role: "img", "aria-label": "what activates this channel most: a drawn image, and patches of real ones" });
    this.root = made("figure", { class: "best-of", hidden: true }, this.canvas, made("figcaption", {}, "activates it most: drawn, and real"));
  }

  async show({ path, shape }, channel) {
    const sheet = this.sheets.get(path);
    this.root.hidden = !sheet;
    if (!sheet) return;
    await sheet.image.decode();
    const { height, width, columns, image } = sheet;
    const row = shape.at(-1) === 1 && image.naturalHeight > height ? 1 : channel; // one neuron rises for the second of two classes
    Object.assign(this.canvas, { width: columns * (width + 1) - 1, height });
    this.canvas.style.width = `${columns * 3}rem`;
    const context = this.canvas.getContext("2d");
    for (let column = 0; column < columns; column++)
      context.drawImage(image, column * width, row * height, width, height, column * (width + 1), 0, width, height);
  }
}

class Layer {
  static GAP = 1; // pixels between two maps
  static SHADES = 1024; // on each side of 0
  // Those of signed(-1) to signed(1), as they lie in memory: an update has some hundred thousand cells to color.
  static COLORS = Uint32Array.from({ length: 2 * Layer.SHADES + 1 }, (_, at) => {
    const color = Uint8ClampedArray.of(...signed(at / Layer.SHADES - 1), 255);
    return new Uint32Array(color.buffer)[0];
  });

  constructor(layers, layer, open) {
    Object.assign(this, { layers, layer, cell: [0, 0, 0] }); // the cell: channel, row, column
    const [height, width, channels] = layer.shape.length === 3 ? layer.shape : [1, 1, layer.shape.reduce((one, other) => one * other, 1)];
    this.size = [height, width];
    this.channels = channels;
    this.shown = Math.min(channels, height * width > 1 ? Layers.MOST : 1024);
    this.columns = Math.min(this.shown, height * width > 1 ? 16 : 64);
    [this.down, this.across] = [height + Layer.GAP, width + Layer.GAP]; // pixels from one map to the next
    this.sides = [Math.ceil(this.shown / this.columns) * this.down, this.columns * this.across]; // of all maps, in pixels
    this.canvas = made("canvas", {
      tabindex: 0, role: "img", "aria-label": `feature maps of ${layer.path}`,
      onpointermove: (event) => this.#point(event), onkeydown: (event) => this.#key(event), onfocus: () => this.#tell(),
    });
    this.mark = made("div", { class: "mark", hidden: true });
    const sides = layer.shape.join(" × "), some = this.shown < channels ? `, the first ${this.shown} shown` : "";
    this.root = made("details", { open, ontoggle: () => this.root.open && this.layers.looking.again() },
      made("summary", {}, layer.path, made("small", {}, ` ${layer.kind}, ${sides}${some}`)), made("div", { class: "maps" }, this.canvas, this.mark));
    const most = this.columns * (height * width > 1 ? Math.min(Math.max(width * 4, 42), 62) : 15);
    [this.canvas.height, this.canvas.width] = this.sides;
    this.canvas.style.cssText = `width: min(100%, ${most}px); aspect-ratio: ${this.sides[1]} / ${this.sides[0]}`;
  }

  paint(values) {
    this.values = values;
    const [height, width] = this.size, { channels, columns, shown, across, down } = this;
    const [high, wide] = this.sides, context = this.canvas.getContext("2d"), pixels = context.createImageData(wide, high);
    const colors = new Uint32Array(pixels.data.buffer), { COLORS, SHADES } = Layer;
    let top = 1e-9;
    for (const value of values) top = Math.max(top, Math.abs(value));
    for (let channel = 0; channel < shown; channel++) {
      const corner = Math.floor(channel / columns) * down * wide + (channel % columns) * across;
      for (let row = 0, at = channel; row < height; row++) for (let column = 0; column < width; column++, at += channels)
        colors[corner + row * wide + column] = COLORS[Math.round(SHADES * (1 + values[at] / top))];
    }
    context.putImageData(pixels, 0, 0);
    if (!this.mark.hidden) this.#tell();
  }

  #point(event) {
    const box = this.canvas.getBoundingClientRect(), [height, width] = this.size, { across, down } = this;
    const x = Math.floor(((event.clientX - box.left) / box.width) * this.sides[1]);
    const y = Math.floor(((event.clientY - box.top) / box.height) * this.sides[0]);
    const channel = Math.floor(y / down) * this.columns + Math.floor(x / across);
    if (channel >= 0 && channel < this.shown && x % across < width && y % down < height) this.#choose(channel, y % down, x % across);
  }

  // Arrow keys go from cell to cell, and at the border of a map to the next map.
  #key(event) {
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!steps || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const [height, width] = this.size;
    let [channel, row, column] = this.cell;
    row += steps[0];
    column += steps[1];
    channel += column < 0 ? -1 : column >= width ? 1 : row < 0 ? -this.columns : row >= height ? this.columns : 0;
    if (channel >= 0 && channel < this.shown) this.#choose(channel, (row + height) % height, (column + width) % width);
  }

  #choose(channel, row, column) {
    this.cell = [channel, row, column];
    this.#tell();
  }

  #tell() {
    if (!this.values) return;
    for (const part of this.layers.parts) part.mark.hidden = part !== this;
    const [channel, row, column] = this.cell, [high, wide] = [this.canvas.clientHeight / this.sides[0], this.canvas.clientWidth / this.sides[1]];
    const left = (channel % this.columns) * this.across + column, top = Math.floor(channel / this.columns) * this.down + row;
    Object.assign(this.mark.style, { left: `${left * wide}px`, top: `${top * high}px`, width: `${wide}px`, height: `${high}px` });
    this.layers.describe(this, channel, row, column);
  }
}
