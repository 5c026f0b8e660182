// The tuning curve of any filter, as a network in the page responds to lines that turn.

class Tuned {
  static STEP = 5; // degrees from one line to the next
  static LINES = { "long thick red": [15, 3, 0], "long thick blue": [15, 3, 1], "long thin red": [15, 1, 0], "short thick red": [7, 3, 0] };

  // networks: [[words, name of a network in the page's data], ...].
  constructor({ networks }) {
    this.networks = new Map(networks);
    this.measured = new Map();
    this.network = made("select", { onchange: () => this.#choose() });
    this.layer = made("select", { onchange: () => this.#name() });
    this.filter = made("input", { type: "range", min: 1, step: 1, value: 1, oninput: () => this.#draw() });
    this.number = made("output");
    this.shown = made("div");
    options(this.network, [...this.networks.keys()]);
    this.root = made("div", { class: "tuned" }, made("div", { class: "pickers" }, labelled("network", this.network), labelled("layer", this.layer), labelled("filter", this.filter), this.number), this.shown);
    const seen = new IntersectionObserver((entries) => { // it costs a second, and only whoever comes here needs it
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      seen.disconnect();
      this.#choose();
    });
    seen.observe(this.root);
  }

  async #choose() {
    const { value } = this.network, network = live[this.networks.get(value)];
    if (!this.measured.has(value)) {
      this.shown.replaceChildren(made("p", { class: "small" }, "The network looks at lines …"));
      this.measured.set(value, Tuned.#measure(network));
    }
    this.curves = await this.measured.get(value);
    if (value !== this.network.value) return;
    options(this.layer, [...this.curves.keys()]);
    this.#name();
  }

  #name() {
    this.filter.max = this.curves.get(this.layer.value)[0].length;
    if (Number(this.filter.value) > Number(this.filter.max)) this.filter.value = 1;
    this.#draw();
  }

  // The greatest value on the map of each filter, {path: a list for each image}, in the order of the lines and their angles.
  static async #measure(network) {
    const service = new Service(network), layers = network.layers.filter(({ kind, path }) => kind.startsWith("Conv") || network.heads.some(({ name }) => name === path));
    const curves = new Map(layers.map(({ path }) => [path, []]));
    for (const [length, width, blue] of Object.values(Tuned.LINES)) for (let degrees = 0; degrees <= 180; degrees += Tuned.STEP) {
      const image = Line.drawn({ length, width, blue, degrees, x: Line.SIZE / 2, y: Line.SIZE / 2 });
      const { maps } = await service.ask("run", { image, paths: [...curves.keys()] });
      for (const [path, values] of Object.entries(maps)) curves.get(path).push(Tuned.#greatest(values, layers.find((layer) => layer.path === path).shape.at(-1)));
    }
    service.worker.terminate();
    return curves;
  }

  static #greatest(values, channels) {
    const found = new Float64Array(channels).fill(-Infinity);
    values.forEach((value, at) => { found[at % channels] = Math.max(found[at % channels], value); });
    return found;
  }

  #draw() {
    const responses = this.curves.get(this.layer.value), filter = Number(this.filter.value) - 1, angles = 180 / Tuned.STEP + 1;
    const series = Object.keys(Tuned.LINES).map((name, number) => ({ name, points: Array.from({ length: angles }, (_, at) => [at * Tuned.STEP, responses[number * angles + at][filter]]) }));
    const words = `filter ${filter + 1} of ${responses[0].length} of ${this.layer.value}`;
    this.number.textContent = `${filter + 1} of ${responses[0].length}`;
    this.filter.setAttribute("aria-valuetext", this.number.textContent);
    this.shown.replaceChildren(Charts.lines({ series, across: "angle of the line, degrees", up: this.layer.value.startsWith("conv") ? "response" : "probability", label: `response of ${words} to lines as they turn` }));
  }
}
