// Line charts as SVG, in the colors of the page, to be read by mouse and by keyboard; below each its numbers as a table.

const Charts = (() => {
  const WIDTH = 480, HEIGHT = 300, LEFT = 58, RIGHT = 36, TOP = 28, BOTTOM = 42;
  const SLANTED = 5, MORE = 22; // more names than this along x are written aslant, with more room below
  const COLORS = 8;

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

  const plain = (value) => String(Number(value.toPrecision(3))).replace("-", "−");
  const inPercent = (share) => `${Number((100 * share).toFixed(2))}%`.replace("-", "−");
  const extent = (values) => [values.reduce((one, other) => Math.min(one, other)), values.reduce((one, other) => Math.max(one, other))];

  // Where values stand in the drawing: placeX, placeY, the marks of both axes, and how their numbers are written.
  function scales({ series, range, percent = false, powers = false, names }) {
    const scaled = powers ? (y) => Math.log10(Math.max(y, 1e-12)) : (y) => y, bottom = BOTTOM + (names?.length > SLANTED ? MORE : 0);
    const points = series.flatMap((one) => one.points), xs = points.map(([x]) => x);
    let [minX, maxX] = names ? [0, Math.max(names.length - 1, 1)] : extent(xs), [minY, maxY] = range ?? extent(points.map(([, y]) => scaled(y)));
    if (maxY - minY < 1e-9) [minY, maxY] = [minY - 0.5, maxY + 0.5];
    if (maxX - minX < 1e-9) [minX, maxX] = [minX - 0.5, maxX + 0.5];
    return {
      bottom, say: percent ? inPercent : plain, ofX: names ? (x) => names[x] : plain,
      placeX: (x) => LEFT + ((x - minX) / (maxX - minX)) * (WIDTH - LEFT - RIGHT),
      placeY: (y) => HEIGHT - bottom - ((Math.min(Math.max(scaled(y), minY), maxY) - minY) / (maxY - minY)) * (HEIGHT - TOP - bottom),
      marksX: names ? names.map((_, place) => place) : ticks(minX, maxX, 6), marksY: powers ? powersOfTen(10 ** minY, 10 ** maxY) : ticks(minY, maxY),
      places: [...new Set(xs)].sort((one, other) => one - other),
    };
  }

  const text = (content, attributes) => Object.assign(madeSvg("text", attributes), { textContent: content });
  const look = ({ color, dashed }, number) => `s${(color ?? number) % COLORS}${dashed ? " dashed" : ""}`;

  function drawn({ series, across, up, label, names }, { bottom, say, ofX, placeX, placeY, marksX, marksY }) {
    const svg = madeSvg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", tabindex: 0, "aria-label": label, class: "chart" });
    for (const y of marksY) svg.append(
      madeSvg("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: placeY(y), y2: placeY(y) }),
      text(say(y), { x: LEFT - 6, y: placeY(y) + 4, "text-anchor": "end" }));
    for (const x of marksX) {
      const place = { x: placeX(x), y: HEIGHT - bottom + 19 }, slanted = names?.length > SLANTED;
      svg.append(text(ofX(x), { ...place, ...(slanted ? { "text-anchor": "end", transform: `rotate(-30 ${place.x} ${place.y})` } : { "text-anchor": "middle" }) }));
    }
    svg.append(text(across, { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 6, "text-anchor": "middle" }), text(up, { x: 4, y: 14 }));
    series.forEach((one, number) => {
      const places = one.points.map(([x, y]) => [placeX(x).toFixed(1), placeY(y).toFixed(1)]);
      svg.append(madeSvg("polyline", { class: `series ${look(one, number)}`, points: places.map((place) => place.join()).join(" ") }));
      if (places.length < 12) for (const [cx, cy] of places) svg.append(madeSvg("circle", { class: `point ${look(one, number)}`, cx, cy, r: 3 }));
    });
    return svg;
  }

  // Returns a chart, of what reports/charts describes as `lines`.
  function lines(part) {
    const series = part.series.filter(({ points }) => points.length), { across, label } = part;
    if (!series.length) return made("p", { class: "small" }, `Not measured: ${label}.`);
    const scale = scales({ ...part, series }), { say, ofX, placeX, places } = scale;
    const svg = drawn({ ...part, series }, scale), rule = madeSvg("line", { class: "rule", y1: TOP, y2: HEIGHT - scale.bottom, visibility: "hidden" });
    svg.append(rule);
    const legend = made("ul", { class: "legend-of-lines" }, ...series.map((one, number) => made("li", { class: look(one, number) }, made("span", {}, one.name))));
    const readout = made("p", { class: "small", "aria-live": "polite" }, "Point at the chart, or move through it with the arrow keys.");
    let at = -1;
    const show = (next) => {
      at = Math.min(Math.max(next, 0), places.length - 1);
      const x = places[at];
      for (const end of ["x1", "x2"]) rule.setAttribute(end, placeX(x));
      rule.setAttribute("visibility", "visible");
      readout.textContent = `${across} ${ofX(x)}: ${series.map(({ name, points }) => [name, points.find(([other]) => other === x)]).filter(([, point]) => point).map(([name, point]) => `${name} ${say(point[1])}`).join(", ")}`;
    };
    for (const kind of ["pointermove", "pointerdown"]) svg.addEventListener(kind, (event) => {
      const box = svg.getBoundingClientRect(), x = ((event.clientX - box.left) / box.width) * WIDTH;
      show(places.reduce((best, place, number) => (Math.abs(placeX(place) - x) < Math.abs(placeX(places[best]) - x) ? number : best), 0));
    });
    svg.addEventListener("keydown", (event) => {
      const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: places.length - 1 }[event.key];
      if (next === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      show(next);
    });
    return made("div", { class: "charted" }, svg, legend, readout, table(series, places, across, say, ofX));
  }

  // The numbers of a chart, made when they are asked for.
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

  return { lines, extent, plain };
})();
