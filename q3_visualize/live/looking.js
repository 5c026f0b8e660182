"use strict";
// Shows what a network makes of an image as the image changes: its answers, heat, and every layer's feature maps.

// ---- small helpers

// Makes an element of HTML; texts are texts, whatever a layer or a class is called.
function made(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

function madeSvg(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

const labelled = (text, control) => made("label", {}, text, control);

function options(select, names, kept = select.value) {
  select.replaceChildren(...names.map((name) => new Option(name, name)));
  if (names.includes(kept)) select.value = kept;
}

const percent = (share) => `${(100 * share).toFixed(1)}%`;
const short = (value) => (Math.abs(value) >= 1000 || (value !== 0 && Math.abs(value) < 0.01) ? value.toExponential(1) : value.toFixed(2));

// ---- colors, which people with any color vision can tell apart

// From black over violet and orange to yellow, for heat from 0 to 1.
const FIRE = [[0, 0, 4], [60, 9, 101], [136, 34, 106], [203, 65, 73], [242, 125, 21], [252, 193, 54], [252, 255, 164]];
function fire(share) {
  const place = Math.min(Math.max(share, 0), 1) * (FIRE.length - 1), low = Math.min(Math.floor(place), FIRE.length - 2);
  return FIRE[low].map((value, channel) => value + (FIRE[low + 1][channel] - value) * (place - low));
}

// Black for 0, orange above, blue below, as bright as the root of the share, so that small values can be seen.
function signed(share) {
  const light = Math.sqrt(Math.abs(share));
  return share >= 0 ? [255 * light, 185 * light, 60 * light] : [70 * light, 150 * light, 255 * light];
}

// Paints pixels in a canvas of their size: color(x, y) is [red, green, blue], null for transparent.
function paint(canvas, width, height, color) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d"), pixels = context.createImageData(width, height);
  for (let y = 0, at = 0; y < height; y++) for (let x = 0; x < width; x++, at += 4) {
    const found = color(x, y);
    if (!found) continue;
    pixels.data[at] = found[0];
    pixels.data[at + 1] = found[1];
    pixels.data[at + 2] = found[2];
    pixels.data[at + 3] = 255;
  }
  context.putImageData(pixels, 0, 0);
}

const colorOf = (image, channels, at) => (channels === 1 ? [image[at], image[at], image[at]] : [image[at * channels], image[at * channels + 1], image[at * channels + 2]]);

// ---- the worker

class Service {
  // The page has the worker's code in elements of its own.
  constructor(network) {
    const code = ["functions", "engine", "heat", "worker"].map((name) => document.getElementById(name).textContent).join("\n");
    this.worker = new Worker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
    this.waiting = new Map();
    this.count = 0;
    this.worker.onmessage = ({ data: { number, answer, error, done, total } }) => {
      const { resolve, reject, progress } = this.waiting.get(number);
      if (total) return progress(done, total);
      this.waiting.delete(number);
      return error ? reject(new Error(error)) : resolve(answer);
    };
    this.ask("load", { network });
  }

  ask(kind, message = {}, progress = () => {}) {
    return new Promise((resolve, reject) => {
      this.waiting.set(++this.count, { resolve, reject, progress });
      this.worker.postMessage({ number: this.count, kind, ...message });
    });
  }
}

// Calls work(wanted) for the newest thing wanted, one call at a time: what is wanted meanwhile waits, and replaces what waited.
// The promise is kept when nothing waits any more.
function newest(work) {
  let waiting, running = null;
  const run = async () => {
    try {
      while (waiting) {
        const [next] = waiting;
        waiting = null;
        await work(next);
      }
    } finally {
      running = null;
    }
  };
  return (wanted) => {
    waiting = [wanted];
    running ??= run();
    return running;
  };
}

// Says a text to screen readers once nothing has moved for a second: not at every step of what does.
class Said {
  static STILL = 1000; // milliseconds

  constructor() {
    this.root = made("p", { class: "unseen", role: "status" });
  }

  // What is drawn moves: a text that waits is old.
  hush() {
    clearTimeout(this.timer);
  }

  say(text) {
    this.hush();
    this.timer = setTimeout(() => { if (this.root.textContent !== text) this.root.textContent = text; }, Said.STILL);
  }
}

// ---- a network

class Looking {
  // root, below: elements to fill, with answers and heat, and with the layers' maps. network: lowering.py's.
  constructor(root, below, network) {
    this.network = network;
    this.service = new Service(network);
    this.screen = new Screen(network.input);
    this.progress = made("progress", { hidden: true, "aria-label": "computing" });
    this.answers = new Answers(network.heads);
    this.heat = network.layers.some(({ map }) => map) && network.heads.length ? new HeatPanel(this) : null;
    this.layers = new Layers(this);
    root.append(made("div", { class: "looking" }, this.screen.root, this.answers.root, ...(this.heat ? [this.heat.root] : [])), this.progress);
    below.append(this.layers.root);
    this.update = newest((wanted) => this.#update(wanted));
  }

  // Shows an image: Uint8Array of (height, width, channels). outline: of what is drawn in it, corners [x, y] in pixels. Returns a
  // promise that is kept when all has been drawn.
  show(image, outline = []) {
    this.wanted = { image, outline };
    for (const { said } of [this.answers, this.layers]) said.hush();
    return this.update(this.wanted);
  }

  // Shows the same image, with the maps of layers that have been opened since.
  again() {
    return this.wanted && this.update(this.wanted);
  }

  told(done, total) {
    Object.assign(this.progress, { hidden: done >= total, value: done, max: total });
  }

  async #update({ image, outline }) {
    this.screen.paint(image);
    const { outputs, maps } = await this.service.ask("run", { image, paths: this.layers.open() }, (...parts) => this.told(...parts));
    this.progress.hidden = true;
    Object.assign(this, { outputs, seen: image, outline });
    const heated = this.heat?.update(); // the worker computes it while this paints
    this.answers.paint(outputs);
    this.layers.paint(maps);
    await heated;
  }
}

// The image as the network takes it, and over it a drawing in its pixels.
class Screen {
  constructor([height, width, channels]) {
    Object.assign(this, { height, width, channels });
    this.canvas = made("canvas", { role: "img", "aria-label": "the image that the network sees" });
    this.overlay = madeSvg("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
    this.field = madeSvg("rect", { class: "field", width: 0, height: 0 });
    this.overlay.append(this.field);
    this.caption = made("figcaption", {}, `${width} × ${height} pixels`);
    this.root = made("figure", {}, made("div", { class: "screen" }, this.canvas, this.overlay), this.caption);
  }

  paint(image) {
    paint(this.canvas, this.width, this.height, (x, y) => colorOf(image, this.channels, y * this.width + x));
  }

  // Where an event is, in pixels of the image.
  place(event) {
    const box = this.overlay.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * this.width, ((event.clientY - box.top) / box.height) * this.height];
  }

  // Frames what a cell of a map sees, fields as receptive.py has them; null for nothing.
  frame(fields, row, column) {
    const [down, right] = fields ?? [[0, 0, 0], [0, 0, 0]];
    const box = { x: right[0] + column * right[2], y: down[0] + row * down[2], width: right[1], height: down[1] };
    for (const [name, value] of Object.entries(box)) this.field.setAttribute(name, value);
  }
}

// The outputs of every head, as bars.
class Answers {
  constructor(heads) {
    this.heads = heads;
    this.words = made("p", { class: "words" });
    this.said = new Said();
    this.bars = new Map(heads.map((head) => [head.name, this.#bars(head)]));
    this.root = made("div", { class: "answers" }, this.words, this.said.root, ...[...this.bars.values()].map(({ root }) => root));
  }

  // At most so many classes have a bar: the first ones, or of many those with the highest values.
  static MOST = 12;

  #bars(head) {
    const rows = head.classes.slice(0, Answers.MOST).map(() => {
      const name = made("span"), value = made("span"), bar = made("i");
      return { name, value, bar, root: made("li", {}, name, bar, value) };
    });
    return { rows, root: made("section", {}, made("h4", {}, head.name), made("ol", {}, ...rows.map(({ root }) => root))) };
  }

  paint(outputs) {
    for (const head of this.heads) {
      const values = outputs[head.name], order = [...values.keys()], { rows } = this.bars.get(head.name);
      if (values.length > Answers.MOST) order.sort((one, other) => values[other] - values[one]);
      const top = head.kind === "probabilities" || head.kind === "logits" ? 1 : Math.max(...values.map(Math.abs), 1e-9);
      rows.forEach(({ name, value, bar, root }, row) => {
        const index = order[row];
        name.textContent = head.classes[index];
        value.textContent = top === 1 ? percent(values[index]) : short(values[index]);
        bar.style.setProperty("--share", Math.max(values[index] / top, 0));
        root.classList.toggle("best", values[index] === Math.max(...values));
      });
    }
    this.words.textContent = this.heads.map((head) => head.classes[largest(outputs[head.name])]).join(" ");
    this.said.say(this.words.textContent);
  }
}

const largest = (values) => values.indexOf(Math.max(...values));
