// Confusion matrices, one for each factor of a line or one of digits, and images of what was confused.

class Confusions {
  static MOST = 24; // images of one confusion
  static PAIRS = 4; // of lines that are drawn for it
  static FACTORS = ["length", "width", "angle", "color"];

  // part: of what reports/charts/confusions.py describes.
  constructor(part) {
    this.part = part;
    this.shown = made("div", { class: "examples", "aria-live": "polite" });
    const most = made("select", { onchange: () => most.value && this.#show(...JSON.parse(most.value)) });
    most.append(new Option("choose", ""), ...this.#largest().map(([place, index, words]) => new Option(words, JSON.stringify([place, index]))));
    this.root = made("div", { class: "confusions" }, made("div", { class: "matrices" }, ...part.matrices.map((matrix, place) => this.#matrix(matrix, place))),
      made("div", {}, labelled("largest confusions", most), this.shown));
    const [largest] = this.#largest();
    if (part.sheet || !largest) this.#showAll();
    else this.#show(...largest);
  }

  // One matrix: the share of its row is the strength of a cell, with 30 times more of it for errors, which are few.
  #matrix({ title, names, cells }, place) {
    const totals = names.map((_, row) => cells.reduce((sum, [of, , count]) => sum + (of === row ? count : 0), 0));
    const described = cells.map(([row, column, count]) => {
      const share = count / totals[row], right = row === column;
      return {
        row, column, text: count.toLocaleString("en"), words: `true ${names[row]}, predicted ${names[column]}: ${count}`, hue: right ? "right" : "wrong",
        strength: right ? 0.25 + 0.75 * share : Math.max(0.3, Math.min(1, 30 * share)),
      };
    });
    const grid = new Cells({ rows: names, columns: names, cells: described, label: `confusion matrix, ${title}`, chosen: (index) => this.#show(place, index) });
    return made("section", { class: names.length > 2 ? "large" : null }, made("h4", {}, title), grid.root);
  }

  // The largest confusions of all matrices: [[matrix, cell, words], ...].
  #largest() {
    const wrong = this.part.matrices.flatMap(({ names, cells }, place) => cells.map(([row, column, count], index) => ({ row, column, count, words: [place, index, `${names[row]} classified as ${names[column]}: ${count.toLocaleString("en")}`] })));
    return wrong.filter(({ row, column }) => row !== column).sort((one, other) => other.count - one.count).slice(0, 20).map(({ words }) => words);
  }

  #show(place, index) {
    const { title, names, cells } = this.part.matrices[place], [row, column, count] = cells[index];
    const said = made("p", {}, `True: ${names[row]}. Predicted: ${names[column]}. ${count.toLocaleString("en")} test image${count > 1 ? "s" : ""}.`);
    const real = row === column ? [] : this.#mistakes((true_, predicted) => levelOf(true_, title) === names[row] && levelOf(predicted, title) === names[column]);
    this.shown.replaceChildren(said, ...(real.length ? real : Confusions.FACTORS.includes(title) ? this.#pairs(title, row, column) : []));
  }

  // Before a cell is chosen: all mistakes, or how to see some.
  #showAll() {
    const all = this.#mistakes(() => true);
    this.shown.replaceChildren(made("p", {}, all.length ? `${this.part.sheet.pairs.length.toLocaleString("en")} misclassified images${all.length < this.part.sheet.pairs.length ? `, ${all.length} of them` : ""}:` : "No cell chosen."), ...all);
  }

  // Tiles of at most MOST misclassified images, evenly chosen.
  #mistakes(wanted) {
    const { sheet } = this.part, numbers = (sheet?.pairs ?? []).map((_, number) => number).filter((number) => wanted(...sheet.pairs[number]));
    const step = Math.max(1, numbers.length / Confusions.MOST);
    return Array.from({ length: Math.min(numbers.length, Confusions.MOST) }, (_, at) => numbers[Math.floor(at * step)]).map((number) => tile(sheet, number));
  }

  // Lines that differ in one factor alone, with the noise of the task.
  #pairs(factor, row, column) {
    const { noise } = this.part, index = Confusions.FACTORS.indexOf(factor);
    const pairs = Array.from({ length: Confusions.PAIRS }, () => {
      const levels = [2, 2, 12, 2].map((count) => Math.floor(Math.random() * count)), grains = Line.grains();
      const drawing = (level) => {
        const [length, width, angle, color] = levels.with(index, level), shape = live.shapes[((length * 2 + width) * 12 + angle) * 2 + color];
        const clean = Line.drawn(Line.fitting({ ...shape, x: Line.SIZE / 2, y: Line.SIZE / 2 })), image = noise ? Line.noisy(clean, live.levels[noise], grains) : clean;
        const canvas = made("canvas", { "aria-hidden": "true" });
        paint(canvas, Line.SIZE, Line.SIZE, (x, y) => colorOf(image, 3, y * Line.SIZE + x));
        return canvas;
      };
      return made("span", { class: "pair" }, drawing(row), ...(row === column ? [] : [drawing(column)]));
    });
    const words = row === column ? "Lines like these, drawn now" : `Lines like these, and next to each the same line with the other ${factor}, drawn now`;
    return [made("p", { class: "small" }, `${words}${noise ? `, at noise level ${noise}` : ""}:`), ...pairs];
  }
}

// A class in words has all four factors, "long thick 135° red"; of a digit it is the digit.
const levelOf = (name, factor) => (Confusions.FACTORS.includes(factor) ? name.split(" ")[Confusions.FACTORS.indexOf(factor)] : name);

// Image `number` of a sheet, with what it was and what it was classified as.
function tile({ path, columns, rows, pairs }, number) {
  const column = number % columns, row = Math.floor(number / columns), place = (index, count) => (count > 1 ? (100 * index) / (count - 1) : 0);
  const words = `${pairs[number][0]}, classified as ${pairs[number][1]}`, image = made("div", { class: "tile", role: "img", "aria-label": words });
  image.style.backgroundImage = `url("${path}")`;
  image.style.backgroundSize = `${100 * columns}% ${100 * rows}%`;
  image.style.backgroundPosition = `${place(column, columns)}% ${place(row, rows)}%`;
  return made("figure", { title: words }, image, ...(words.length < 20 ? [made("figcaption", { "aria-hidden": "true" }, pairs[number].join(" → "))] : []));
}
