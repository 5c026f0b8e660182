"use strict";
// Images of anybody for a network: examples, files, and a pen.

class Pictures {
  // examples: [{name, image: base64 of uint8 (height, width, channels)}].
  constructor(root, looking, examples) {
    this.looking = looking;
    const [height, width, channels] = looking.network.input;
    Object.assign(this, { height, width, channels, examples });
    this.choice = made("select", { onchange: () => this.#example() });
    options(this.choice, [...examples.map(({ name }) => name), "an empty image"]);
    this.file = made("input", { type: "file", accept: "image/*", onchange: () => this.file.files.length && this.#read(this.file.files[0]) });
    this.pen = made("select", {}, new Option("white", "255"), new Option("gray", "127"), new Option("black", "0"));
    this.size = made("input", { type: "range", min: 0.5, max: Math.max(width / 8, 2), step: 0.1, value: Math.max(width / 22, 1) });
    this.message = made("p", { role: "status" });
    root.append(labelled("image", this.choice), labelled("your own", this.file), labelled("pen", this.pen), labelled("its size", this.size),
      made("button", { type: "button", onclick: () => this.#show(new Uint8Array(height * width * channels)) }, "Clear"), this.message);
    this.#draws(looking.screen);
    for (const kind of ["dragover", "drop"]) document.addEventListener(kind, (event) => this.#drop(event));
    this.#example();
  }

  #example() {
    const chosen = this.examples[this.choice.selectedIndex];
    this.#show(chosen ? Engine.bytes(chosen.image) : new Uint8Array(this.height * this.width * this.channels));
  }

  #show(image) {
    this.image = image;
    return this.looking.show(image);
  }

  #drop(event) {
    event.preventDefault();
    if (event.type === "drop" && event.dataTransfer.files.length) this.#read(event.dataTransfer.files[0]);
  }

  // Scales an image so that it just fits, centered on black, as common/images.py does.
  async #read(file) {
    this.message.textContent = "";
    try {
      const bitmap = await createImageBitmap(file), scale = Math.min(this.width / bitmap.width, this.height / bitmap.height);
      const canvas = new OffscreenCanvas(this.width, this.height), context = canvas.getContext("2d");
      const [width, height] = [bitmap.width * scale, bitmap.height * scale];
      context.imageSmoothingQuality = "high";
      context.fillRect(0, 0, this.width, this.height);
      context.drawImage(bitmap, (this.width - width) / 2, (this.height - height) / 2, width, height);
      this.#show(this.#inChannels(context.getImageData(0, 0, this.width, this.height).data));
    } catch {
      this.message.textContent = `${file.name} is no image that this browser reads`;
    }
  }

  #inChannels(pixels) {
    const image = new Uint8Array(this.height * this.width * this.channels);
    for (let at = 0; at < this.height * this.width; at++) {
      const [red, green, blue, opacity] = pixels.subarray(4 * at, 4 * at + 4);
      const colors = this.channels === 1 ? [Math.round(0.299 * red + 0.587 * green + 0.114 * blue)] : [red, green, blue, opacity];
      image.set(colors.slice(0, this.channels), at * this.channels);
    }
    return image;
  }

  #draws(screen) {
    const pen = new Pen(screen.overlay, (event) => screen.place(event), ([x, y]) => {
      const image = this.image.slice(), reach = Number(this.size.value), ink = Number(this.pen.value);
      for (let row = Math.max(0, Math.floor(y - reach)); row < Math.min(this.height, y + reach + 1); row++)
        for (let column = Math.max(0, Math.floor(x - reach)); column < Math.min(this.width, x + reach + 1); column++) {
          const share = Math.min(Math.max(reach + 0.5 - Math.hypot(column + 0.5 - x, row + 0.5 - y), 0), 1), at = (row * this.width + column) * this.channels;
          for (let channel = 0; channel < this.channels; channel++) image[at + channel] += share * ((channel === 3 ? 255 : ink) - image[at + channel]);
        }
      this.#show(image);
    });
    pen.element.classList.add("drawn-on");
  }
}

// Follows a mouse, pen or finger that draws on an element: mark(place) along its way, in steps of at most one unit.
class Pen {
  constructor(element, placeOf, mark) {
    this.element = element;
    let before = null;
    element.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      element.setPointerCapture(event.pointerId);
      before = placeOf(event);
      mark(before);
    });
    element.addEventListener("pointermove", (event) => {
      if (!before) return;
      for (const moved of event.getCoalescedEvents?.() ?? [event]) {
        const place = placeOf(moved), steps = Math.max(1, Math.ceil(Math.hypot(place[0] - before[0], place[1] - before[1])));
        for (let step = 1; step <= steps; step++) mark([0, 1].map((axis) => before[axis] + ((place[axis] - before[axis]) * step) / steps));
        before = place;
      }
    });
    for (const kind of ["pointerup", "pointercancel"]) element.addEventListener(kind, () => { before = null; });
  }
}
