// Grids of colored cells, to be read by mouse and by keyboard: confusion matrices, scores by class, correlations.

class Cells {
  // rows, columns: names, or null for no room for them. cells: [{row, column, text, words, hue, strength}]; chosen(index) is called with the
  // cell that is pointed at or has the focus.
  constructor({ rows, columns, cells, label, size, chosen }) {
    Object.assign(this, { cells, chosen });
    const across = `repeat(${columns.length}, minmax(0, 1fr))`, down = `repeat(${rows.length}, minmax(0, 1fr))`;
    this.buttons = cells.map((cell, index) => this.#button(cell, index));
    this.root = made("div", { class: "cells", role: "group", "aria-label": label });
    this.root.style.gridTemplate = `auto ${down} / minmax(0, ${size ?? "1fr"}) ${across}`;
    const name = (text, area) => {
      const span = made("span", { "aria-hidden": "true" }, text);
      span.style.gridArea = area;
      return span;
    };
    this.root.append(...rows.map((text, index) => name(text, `${index + 2} / 1`)), ...columns.map((text, index) => name(text, `1 / ${index + 2}`)), ...this.buttons);
    this.root.addEventListener("pointerover", ({ target }) => this.#choose(target));
    this.root.addEventListener("focusin", ({ target }) => this.#choose(target, true));
    this.root.addEventListener("keydown", (event) => this.#key(event));
  }

  #button({ row, column, text, words, hue, strength }, index) {
    const button = made("button", { type: "button", "data-index": index, tabindex: index ? -1 : 0, "aria-label": words }, text);
    button.style.gridArea = `${row + 2} / ${column + 2}`;
    button.style.setProperty("--hue", `var(--${hue})`);
    button.style.setProperty("--strength", strength);
    button.classList.toggle("faint", strength < 0.75);
    return button;
  }

  // One cell is in the order of the Tab key: that which had the focus last.
  #choose(target, focused) {
    const index = this.buttons.indexOf(target);
    if (index < 0) return;
    if (focused) this.buttons.forEach((button) => { button.tabIndex = button === target ? 0 : -1; });
    this.chosen(index);
  }

  #key(event) {
    if (!event.key.startsWith("Arrow") || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    this.buttons[this.#neighbor(this.buttons.indexOf(event.target), event.key)]?.focus();
  }

  // The nearest cell in the direction of an arrow key.
  #neighbor(index, key) {
    const { row, column } = this.cells[index], [down, right] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[key];
    let best = null, least = Infinity;
    this.cells.forEach((other, place) => {
      const ahead = (other.row - row) * down + (other.column - column) * right;
      const aside = Math.abs((other.row - row) * right) + Math.abs((other.column - column) * down);
      if (ahead > 0 && ahead + 3 * aside < least) [best, least] = [place, ahead + 3 * aside];
    });
    return best;
  }
}

// A grid of shares from 0 to 1, of what reports/charts describes as `grid`.
function gridOfShares({ rows, columns, values, label }) {
  const said = made("p", { class: "small", "aria-live": "polite" }, "Point at a cell, or move to it with the arrow keys.");
  const cells = values.flatMap((of, row) => of.map((value, column) => ({
    row, column, text: value.toFixed(2).replace("-", "−"), words: `${rows[row]}, ${columns[column]}: ${value.toFixed(3)}`, hue: "right", strength: Math.min(Math.max(value, 0), 1) ** 2,
  })));
  const grid = new Cells({ rows, columns, cells, label, size: "6.5rem", chosen: (index) => { said.textContent = cells[index].words; } });
  grid.root.classList.add("shares");
  grid.root.style.minWidth = `${6.5 + 1.8 * columns.length}rem`;
  return made("div", {}, made("p", { class: "small" }, label), made("div", { class: "wide", tabindex: 0, role: "region", "aria-label": label }, grid.root), said);
}
