"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);

// Shows image `number` of a sheet in an element.
function showTile(element, sheet, number, label) {
  const column = number % sheet.columns, row = Math.floor(number / sheet.columns);
  const place = (index, count) => (count > 1 ? (100 * index) / (count - 1) : 0);
  element.style.backgroundImage = `url("${sheet.path}")`;
  element.style.backgroundSize = `${100 * sheet.columns}% ${100 * sheet.rows}%`;
  element.style.backgroundPosition = `${place(column, sheet.columns)}% ${place(row, sheet.rows)}%`;
  element.setAttribute("role", "img");
  element.setAttribute("aria-label", label);
}

// ---- confusion matrices

const LABELLED = 12; // a larger matrix has no room for names and counts
const LARGEST = 20;

function drawMatrix() {
  const { names, cells } = data.confusions[byId("confusion-network").value];
  const labelled = names.length <= LABELLED, offset = labelled ? 2 : 1;
  const matrix = byId("matrix");
  const track = `repeat(${names.length}, minmax(0, 1fr))`;
  matrix.style.gridTemplate = labelled ? `minmax(0, 1fr) ${track} / minmax(0, 1.2fr) ${track}` : `${track} / ${track}`;
  const totals = names.map((_, row) => cells.reduce((sum, cell) => sum + (cell[0] === row ? cell[2] : 0), 0));
  const parts = cells.map(([row, column, count], index) => {
    const button = document.createElement("button");
    const share = count / totals[row], right = row === column;
    button.type = "button";
    button.tabIndex = index ? -1 : 0;
    button.style.gridArea = `${row + offset} / ${column + offset}`;
    button.style.setProperty("--hue", right ? "var(--right)" : "var(--wrong)");
    button.style.setProperty("--strength", right ? 0.25 + 0.75 * share : Math.max(0.3, Math.min(1, 30 * share)));
    button.classList.toggle("faint", right ? 0.25 + 0.75 * share < 0.85 : 30 * share < 0.85);
    button.textContent = labelled ? count : "";
    button.setAttribute("aria-label", `true ${names[row]}, predicted ${names[column]}: ${count}`);
    button.dataset.index = index;
    return button;
  });
  if (labelled) {
    names.forEach((name, index) => {
      for (const area of [`${index + 2} / 1`, `1 / ${index + 2}`]) {
        const label = document.createElement("span");
        label.style.gridArea = area;
        label.textContent = name;
        label.setAttribute("aria-hidden", "true");
        parts.push(label);
      }
    });
  }
  matrix.replaceChildren(...parts);
  byId("cell").replaceChildren(made("p", {}, "No cell chosen."));
  const wrong = cells.map((cell, index) => [...cell, index]).filter(([row, column]) => row !== column);
  const largest = wrong.sort((one, other) => other[2] - one[2]).slice(0, LARGEST);
  byId("confusion-largest").replaceChildren(
    new Option(largest.length ? "choose" : "there is none", ""),
    ...largest.map(([row, column, count, index]) => new Option(`${names[row]} classified as ${names[column]}: ${count}`, index)),
  );
}

function describeCell(index) {
  const { names, cells, sheet } = data.confusions[byId("confusion-network").value];
  const [row, column, count] = cells[index];
  const parts = [made("p", {}, `True: ${names[row]}. Predicted: ${names[column]}. ${count.toLocaleString("en")} test image${count > 1 ? "s" : ""}.`)];
  const numbers = (sheet && sheet.of[`${row},${column}`]) || [];
  if (numbers.length) {
    const examples = document.createElement("div");
    examples.className = "examples";
    for (const number of numbers) {
      const tile = document.createElement("div");
      tile.className = "tile";
      showTile(tile, sheet, number, `${names[row]}, classified as ${names[column]}`);
      examples.append(tile);
    }
    parts.push(examples);
  }
  byId("cell").replaceChildren(...parts);
}

// The nearest cell in the direction of an arrow key.
function neighbor(index, key) {
  const { cells } = data.confusions[byId("confusion-network").value];
  const [row, column] = cells[index];
  const [down, right] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[key];
  let best = null, least = Infinity;
  cells.forEach(([otherRow, otherColumn], other) => {
    const ahead = (otherRow - row) * down + (otherColumn - column) * right;
    const aside = Math.abs((otherRow - row) * right) + Math.abs((otherColumn - column) * down);
    if (ahead > 0 && ahead + 3 * aside < least) [best, least] = [other, ahead + 3 * aside];
  });
  return best;
}

byId("matrix").addEventListener("pointerover", (event) => event.target.dataset.index && describeCell(event.target.dataset.index));
// One cell is in the order of the Tab key: that which had the focus last.
byId("matrix").addEventListener("focusin", (event) => {
  if (!event.target.dataset.index) return;
  byId("matrix").querySelectorAll("[tabindex='0']").forEach((button) => (button.tabIndex = -1));
  event.target.tabIndex = 0;
  describeCell(event.target.dataset.index);
});
byId("matrix").addEventListener("keydown", (event) => {
  if (!event.key.startsWith("Arrow") || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const next = neighbor(Number(event.target.dataset.index), event.key);
  if (next !== null) byId("matrix").querySelector(`[data-index="${next}"]`).focus();
});
byId("confusion-largest").addEventListener("change", (event) => event.target.value && describeCell(event.target.value));
byId("confusion-network").addEventListener("change", drawMatrix);
drawMatrix();
