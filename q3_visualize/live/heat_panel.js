"use strict";
// The evidence for a class, over the darkened image.
class HeatPanel {
  constructor(looking) {
    this.looking = looking;
    const { heads, layers } = looking.network, changed = () => this.update();
    this.head = made("select", { onchange: () => { this.#classes(); changed(); } });
    this.index = made("select", { onchange: changed });
    this.layer = made("select", { onchange: changed });
    this.method = made("select", { onchange: changed });
    options(this.head, heads.map(({ name }) => name));
    options(this.layer, layers.filter(({ map }) => map).map(({ path }) => path));
    this.layer.selectedIndex = this.layer.options.length - 1;
    this.method.append(...Object.entries(Heat.METHODS).map(([method, words]) => new Option(words, method)));
    this.canvas = made("canvas", { role: "img", "aria-label": "heat over the image" });
    this.drawn = madeSvg("polygon", { class: "outline" });
    const [height, width] = looking.network.input, over = madeSvg("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
    over.append(this.drawn);
    this.bar = made("canvas", { class: "bar", "aria-hidden": "true" });
    paint(this.bar, 64, 1, (x) => fire(x / 63));
    this.caption = made("figcaption", { "aria-live": "off" });
    this.root = made("figure", { class: "heat" }, made("div", { class: "screen" }, this.canvas, over), made("div", { class: "legend" }, "0", this.bar, "most"),
      this.caption, made("form", { class: "pickers" }, ...(heads.length > 1 ? [labelled("head", this.head)] : []), labelled("class", this.index),
        labelled("layer", this.layer), labelled("method", this.method)));
    this.#classes();
    this.update = newest(() => this.#update());
  }

  #classes() {
    this.chosen = this.looking.network.heads.find(({ name }) => name === this.head.value);
    options(this.index, ["the predicted one", ...this.chosen.classes]);
  }

  async #update() {
    const { looking, chosen } = this, { seen: image, outline, outputs } = looking;
    if (!outputs) return;
    const named = this.index.selectedIndex - 1, index = named < 0 ? largest(outputs[chosen.name]) : named;
    const asked = { path: this.layer.value, head: chosen.name, index, method: this.method.value };
    const { map } = await looking.service.ask("heat", asked, (...parts) => looking.told(...parts));
    looking.progress.hidden = true;
    const what = `${chosen.name === "predictions" ? "" : `${chosen.name}: `}${chosen.classes[index]}, ${Heat.METHODS[asked.method]}, ${asked.path}`;
    const top = map ? map.reduce((most, value) => Math.max(most, value), 0) : 0;
    this.caption.textContent = map ? `What speaks for ${what}${top > 0 ? "" : ": nothing does"}` : `${chosen.name} does not depend on ${asked.path}`;
    this.drawn.setAttribute("points", outline.map((corner) => corner.map((place) => place.toFixed(2)).join()).join(" "));
    const { width, height, channels } = looking.screen;
    paint(this.canvas, width, height, (x, y) => {
      const at = y * width + x, gray = Math.max(...colorOf(image, channels, at)) * 0.45, share = top > 0 ? Math.max(map[at], 0) / top : 0;
      return fire(share).map((color) => gray * (1 - share) + color * Math.min(1, 2 * share));
    });
  }
}
