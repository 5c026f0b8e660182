// Draws the figures of the page, each in its element, from what reports/charts describes.

const KINDS = {
  lines: Charts.lines,
  dots: Dots.dots,
  grid: gridOfShares,
  matrices: (part) => new Confusions(part).root,
  tuned: (part) => new Tuned(part).root,
  live: ({ links }) => made("p", { class: "pickers" }, ...links.map(({ text, ...where }) => made("button", { type: "button", onclick: () => look(where) }, text))),
};
const drawnParts = (parts) => parts.map((part) => KINDS[part.kind](part));

function drawFigure(root, { parts, views, choose: word }) {
  root.append(...drawnParts(parts));
  const names = Object.keys(views);
  if (!names.length) return;
  const shown = made("div", { class: "plots" }), select = made("select", { onchange: () => shown.replaceChildren(...drawnParts(views[select.value])) });
  options(select, names);
  shown.append(...drawnParts(views[names[0]]));
  root.append(...(names.length > 1 ? [labelled(word, select)] : []), shown);
}

const figures = JSON.parse(byId("figure-data").textContent);
for (const element of document.querySelectorAll("[data-figure]")) drawFigure(element.querySelector(".drawing"), figures[element.dataset.figure]);
