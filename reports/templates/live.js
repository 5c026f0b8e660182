"use strict";
// The networks of the page, run on what is drawn.

const byId = (id) => document.getElementById(id);
const live = JSON.parse(byId("live-data").textContent);

// ---- lines: the four heads, what the network of 96 classes says, and a sweep of the angle

const STEPS = 90, TOGETHER = 10; // angles of the sweep, and how many are computed between two updates

function startLines() {
  const looking = new Looking(byId("lines-network"), byId("lines-layers"), live.heads), classes = new Service(live.classes);
  const classify = newest(async (image) => {
    const { outputs } = await classes.ask("outputs", { images: [image] });
    const [{ name, classes: names }] = live.classes.heads, values = outputs[0][name];
    const order = [...values.keys()].sort((one, other) => values[other] - values[one]).slice(0, 3);
    byId("lines-classes").textContent = order.map((index) => `${names[index]} ${percent(values[index])}`).join(", ");
  });
  const drawing = new LineDrawing(byId("lines-controls"), looking.screen, live.levels, (image, line) => {
    looking.show(image, Line.corners(line));
    classify(image);
    sweep.follow(line);
  });
  const sweep = new Sweep(looking, drawing);
  drawing.begin();
  drawing.turn();
  return looking;
}

// The probability of each angle, from bottom to top, as the line turns through 180 degrees, from left to right.
class Sweep {
  constructor(looking, drawing) {
    Object.assign(this, { looking, drawing, head: live.heads.heads.find(({ name }) => name === "angle"), key: "" });
    this.canvas = byId("sweep");
    this.canvas.addEventListener("pointermove", (event) => this.#point(event));
    byId("sweep-names").append(...[...this.head.classes].reverse().map((name) => made("span", {}, name)));
    this.columns = Array(STEPS);
    this.compute = newest((key) => this.#compute(key));
  }

  // Marks the angle of the line; where all else has changed too, computes the strip anew.
  follow({ degrees, length, width, blue, x, y }) {
    byId("sweep-mark").style.left = `${(100 * degrees) / 180}%`;
    if (this.key && this.drawing.turning) return; // at the border a line that turns is pushed aside, which changes little
    const key = [length, width, blue, x, y, this.drawing.level].map((value) => value.toFixed(2)).join();
    if (key !== this.key) this.compute((this.key = key));
  }

  // Stops when the line has changed, since all is computed anew then.
  async #compute(key) {
    const { line } = this.drawing;
    for (let start = 0; start < STEPS && key === this.key; start += TOGETHER) {
      const images = Array.from({ length: TOGETHER }, (_, at) => this.drawing.image({ ...line, degrees: ((start + at + 0.5) * 180) / STEPS }));
      const { outputs } = await this.looking.service.ask("outputs", { images });
      outputs.forEach((output, at) => { this.columns[start + at] = output.angle; });
      const { length } = this.head.classes;
      paint(this.canvas, STEPS, length, (x, y) => (this.columns[x] ? fire(this.columns[x][length - 1 - y]) : null));
    }
  }

  #point(event) {
    const box = this.canvas.getBoundingClientRect(), column = Math.floor(((event.clientX - box.left) / box.width) * STEPS);
    const values = this.columns[column];
    if (!values) return;
    const degrees = Math.round(((column + 0.5) * 180) / STEPS), best = largest(values);
    byId("sweep-readout").textContent = `A line at ${degrees}°: ${this.head.classes[best]} ${percent(values[best])}`;
  }
}

// ---- digits

function startDigits() {
  const looking = new Looking(byId("digits-network"), byId("digits-layers"), live.digits);
  new DigitPad(byId("digits-pad"), byId("digits-controls"), live.examples, (image) => looking.show(image));
  return looking;
}

// ---- the data set: nine lines of each class, one class after another

class Nine {
  static ACROSS = 3;
  static PAUSE = 500; // milliseconds from one class to the next

  constructor(canvas, controls) {
    this.canvas = canvas;
    this.names = live.classes.heads[0].classes;
    this.slider = made("input", { type: "range", min: 0, max: this.names.length - 1, step: 1, value: 0, oninput: () => this.draw() });
    this.name = made("output");
    this.button = made("button", { type: "button", onclick: () => (this.timer ? this.stop() : this.play()) }, "Play");
    controls.append(this.button, labelled("class", this.slider), this.name);
    this.draw();
  }

  play() {
    this.button.textContent = "Stop";
    this.timer = setInterval(() => {
      this.slider.value = (Number(this.slider.value) + 1) % this.names.length;
      this.draw();
    }, Nine.PAUSE);
  }

  stop() {
    this.button.textContent = "Play";
    clearInterval(this.timer);
    this.timer = null;
  }

  draw() {
    const index = Number(this.slider.value), side = Line.SIZE, across = Nine.ACROSS, shape = live.shapes[index];
    const [marginX, marginY] = Line.reach(shape), anywhere = (margin) => margin + Math.random() * (side - 2 * margin);
    const images = Array.from({ length: across ** 2 }, () => Line.drawn({ ...shape, x: anywhere(marginX), y: anywhere(marginY) }));
    this.name.textContent = this.names[index];
    this.slider.setAttribute("aria-valuetext", this.names[index]);
    paint(this.canvas, across * (side + 1) - 1, across * (side + 1) - 1, (x, y) => {
      const [column, row] = [x % (side + 1), y % (side + 1)];
      if (column === side || row === side) return null;
      return colorOf(images[Math.floor(y / (side + 1)) * across + Math.floor(x / (side + 1))], 3, row * side + column);
    });
  }
}

new Nine(byId("nine"), byId("nine-controls"));

// ---- on GitHub's pages a link to code leads to the code on the host, and not to a raw file

if (location.hostname.endsWith(".github.io")) {
  const [owner] = location.hostname.split("."), [, repository] = location.pathname.split("/");
  for (const link of document.querySelectorAll("a[data-source]")) link.href = `https://github.com/${owner}/${repository}/blob/HEAD/${link.dataset.source}`;
}

// ---- which of them is shown; each starts when it is shown first

const STARTS = { lines: startLines, digits: startDigits }, started = {};

function choose(name) {
  for (const other of Object.keys(STARTS)) {
    byId(`${other}-tab`).setAttribute("aria-selected", other === name);
    byId(`${other}-tab`).tabIndex = other === name ? 0 : -1;
    byId(`${other}-panel`).hidden = other !== name;
  }
  started[name] ??= STARTS[name]();
}

// Chooses a head, a layer or a method of the heat.
function pick(panel, chosen) {
  for (const [name, value] of Object.entries(chosen)) {
    panel[name].value = value;
    panel[name].dispatchEvent(new Event("change"));
  }
}

// Shows a network with a layer's maps open, or with the heat of a head, a layer and a method.
function look({ tab, layer, ...heat }) {
  choose(tab);
  const { heat: panel, layers } = started[tab], { root } = layers.parts.find((part) => part.layer.path === layer);
  root.open = true;
  pick(panel, heat.method ? { ...heat, layer } : heat);
  const shown = heat.method ? panel.root : root;
  shown.scrollIntoView({ block: "center" });
  shown.querySelector("select, summary").focus({ preventScroll: true });
}

for (const name of Object.keys(STARTS)) {
  byId(`${name}-tab`).addEventListener("click", () => choose(name));
  byId(`${name}-tab`).addEventListener("keydown", ({ key }) => {
    if (!["ArrowLeft", "ArrowRight"].includes(key)) return;
    const other = name === "lines" ? "digits" : "lines";
    choose(other);
    byId(`${other}-tab`).focus();
  });
}
choose("lines");
pick(started.lines.heat, { head: "angle", layer: "relu2" }); // at the last layer heat says little of where the line is
