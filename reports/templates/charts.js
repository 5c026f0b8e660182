// Line charts as SVG, in the colors of the page, to be read by mouse and by keyboard; below each its numbers as a table.

const Charts = (() => {
  const WIDTH = 480, HEIGHT = 300, LEFT = 58, RIGHT = 14, TOP = 28, BOTTOM = 42;

  // About `count` round numbers from low to high.
  function ticks(low, high, count = 5) {
    const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough)), step = [1, 2, 5, 10].find((times) => times * power >= rough) * power;
    return Array.from({ length: Math.floor((high - low) / step + 1e-9) + 1 }, (_, at) => (Math.ceil(low / step - 1e-9) + at) * step).filter((value) => value <= high + step * 1e-6);
  }

  // 1, 2 and 5 times the powers of ten from low to high; of many only the powers.
  function powersOfTen(low, high) {
    const marks = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) for (const times of [1, 2, 5]) marks.push(times * 10 ** power);
    const inside = marks.filter((mark) => mark >= low && mark <= high);
    return inside.length > 6 ? inside.filter((mark) => Number.isInteger(Math.round(1e6 * Math.log10(mark)) / 1e6)) : inside;
  }

  const plain = (value) => String(Number(value.toPrecision(3)));

  // Returns a figure. series: [{name, points: [[x, y], ...], dashed}]; across, up: names of the axes; label: what is seen;
  // range: [least, most] of y, if not that of the points; say, ofX: how numbers are written; powers: whether y goes in powers of ten.
  function lines({ series, across, up, label, range, say = plain, ofX = plain, powers = false }) {
    const scaled = powers ? (y) => Math.log10(Math.max(y, 1e-12)) : (y) => y;
    const all = series.flatMap(({ points }) => points), xs = all.map(([x]) => x), ys = all.map(([, y]) => scaled(y));
    const [minX, maxX] = [Math.min(...xs), Math.max(...xs)], [minY, maxY] = range ?? [Math.min(...ys), Math.max(...ys)];
    const placeX = (x) => LEFT + ((x - minX) / (maxX - minX || 1)) * (WIDTH - LEFT - RIGHT);
    const placeY = (y) => HEIGHT - BOTTOM - ((Math.min(Math.max(y, minY), maxY) - minY) / (maxY - minY || 1)) * (HEIGHT - TOP - BOTTOM);
    const svg = madeSvg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", tabindex: 0, "aria-label": label, class: "chart" });
    const text = (content, attributes) => Object.assign(madeSvg("text", attributes), { textContent: content });
    for (const y of powers ? powersOfTen(10 ** minY, 10 ** maxY) : ticks(minY, maxY)) svg.append(
      madeSvg("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: placeY(scaled(y)), y2: placeY(scaled(y)) }),
      text(say(y), { x: LEFT - 6, y: placeY(scaled(y)) + 4, "text-anchor": "end" }));
    for (const x of ticks(minX, maxX, 6)) svg.append(text(ofX(x), { x: placeX(x), y: HEIGHT - BOTTOM + 16, "text-anchor": "middle" }));
    svg.append(text(across, { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 6, "text-anchor": "middle" }), text(up, { x: 4, y: 14 }));
    series.forEach(({ points, dashed }, number) => svg.append(madeSvg("polyline", {
      class: `series s${number % 6}${dashed ? " dashed" : ""}`, points: points.map(([x, y]) => `${placeX(x).toFixed(1)},${placeY(scaled(y)).toFixed(1)}`).join(" "),
    })));
    const rule = madeSvg("line", { class: "rule", y1: TOP, y2: HEIGHT - BOTTOM, visibility: "hidden" });
    svg.append(rule);
    const legend = made("ul", { class: "legend-of-lines" }, ...series.map(({ name, dashed }, number) => made("li", { class: `s${number % 6}${dashed ? " dashed" : ""}` }, name)));
    const readout = made("p", { class: "small", "aria-live": "polite" }, "Point at the chart, or move through it with the arrow keys.");
    const places = [...new Set(xs)].sort((one, other) => one - other);
    let at = -1;
    const show = (next) => {
      at = Math.min(Math.max(next, 0), places.length - 1);
      const x = places[at];
      for (const end of ["x1", "x2"]) rule.setAttribute(end, placeX(x));
      rule.setAttribute("visibility", "visible");
      readout.textContent = `${across} ${ofX(x)}: ${series.map(({ name, points }) => [name, points.find(([other]) => other === x)]).filter(([, point]) => point).map(([name, point]) => `${name} ${say(point[1])}`).join(", ")}`;
    };
    svg.addEventListener("pointermove", (event) => {
      const box = svg.getBoundingClientRect(), x = ((event.clientX - box.left) / box.width) * WIDTH;
      show(places.reduce((best, place, number) => (Math.abs(placeX(place) - x) < Math.abs(placeX(places[best]) - x) ? number : best), 0));
    });
    svg.addEventListener("keydown", ({ key }) => { if (key === "ArrowLeft" || key === "ArrowRight") show(at + (key === "ArrowRight" ? 1 : -1)); });
    return made("figure", { class: "charted" }, svg, legend, readout, table(series, places, across, say, ofX));
  }

  function table(series, places, across, say, ofX) {
    const known = series.map(({ points }) => new Map(points));
    const row = (cells, kind) => made("tr", {}, ...cells.map((cell, number) => made(number ? kind : "th", { scope: number && kind === "td" ? null : kind === "td" ? "row" : "col" }, cell)));
    const fill = (details) => details.append(made("div", { class: "wide", tabindex: 0, role: "region", "aria-label": "the numbers" }, made("table", {},
      made("thead", {}, row([across, ...series.map(({ name }) => name)], "th")),
      made("tbody", {}, ...places.map((x) => row([ofX(x), ...known.map((points) => (points.has(x) ? say(points.get(x)) : ""))], "td"))))));
    const details = made("details", { class: "numbers" }, made("summary", {}, "the numbers"));
    details.addEventListener("toggle", () => fill(details), { once: true });
    return details;
  }

  return { lines };
})();

// ---- the charts of the page: each where the page has an element for it

const charts = JSON.parse(byId("chart-data").textContent);
const inPercent = (share) => `${Number((100 * share).toFixed(2))} %`;

// Draws one of several charts, which a select picks: draw(name) returns figures.
function chosenChart(select, root, names, draw) {
  options(select, names);
  const update = () => root.replaceChildren(...draw(select.value));
  select.addEventListener("change", update);
  update();
}

chosenChart(byId("curves-network"), byId("curves-chart"), Object.keys(charts.curves), (name) => ["accuracy", "loss"].map((measure) => {
  const series = charts.curves[name][measure].map(([of, points]) => ({ name: of, points, dashed: of.startsWith("validation") }));
  const say = measure === "accuracy" ? inPercent : undefined, low = Math.min(...series.flatMap(({ points }) => points.map(([, y]) => y)));
  const range = measure === "accuracy" ? [Math.min(low, 0.99), 1] : undefined;
  const label = `${measure} of ${name} against epochs`;
  return Charts.lines({ series, across: "epoch", up: measure, label, say, range, powers: measure === "loss" });
}));

byId("noise-chart").append(Charts.lines({
  series: charts.noise, across: "level of noise", up: "right", label: "test accuracy of each head and of all heads against the level of noise", say: inPercent, range: [0, 1],
}));

chosenChart(byId("factor"), byId("factor-chart"), Object.keys(charts.factors), (factor) => {
  const { series, across, up } = charts.factors[factor];
  return [Charts.lines({ series, across, up, label: `${up} against ${across}`, say: inPercent, range: [0, 1] })];
});

byId("turned-chart").append(Charts.lines({
  series: charts.turned, across: "turned by, degrees", up: "right", label: "accuracy of MNIST's networks on turned digits", say: inPercent, range: [0, 1],
}));
