// Dot plots: rows with a name, a dot on a common axis, and the value in words. They are HTML, and wrap on narrow screens.

const Dots = (() => {
  // A scale that is linear up to `linear` on both sides of 0, and logarithmic beyond; without `linear` it is linear.
  const bent = (linear) => (value) => (!linear || Math.abs(value) <= linear ? value / (linear || 1) : Math.sign(value) * (1 + Math.log10(Math.abs(value) / linear)));

  const everything = (groups) => groups.flatMap(({ rows }) => rows.flatMap(({ value, low = value, high = value, points = [] }) => [value, low, high, ...points]));

  // Round values for the axis: 0 and, on both sides, powers of ten from `linear` on, or about four even steps.
  function marks(low, high, linear) {
    if (!linear) return Array.from({ length: 5 }, (_, at) => low + ((high - low) * at) / 4);
    const sizes = [];
    for (let size = linear; size <= Math.max(-low, high); size *= 10) sizes.push(size);
    return [...sizes.map((size) => -size).reverse(), 0, ...sizes].filter((value) => value >= low && value <= high);
  }

  function dots({ groups, across, label, range, linear }) {
    const values = everything(groups);
    if (!values.length) return made("p", { class: "small" }, `Not measured: ${label}.`);
    const [least, most] = range ?? Charts.extent([0, ...values]), scaled = bent(linear), [low, high] = [scaled(least), scaled(most)];
    const place = (value) => `${((100 * (scaled(value) - low)) / (high - low || 1)).toFixed(2)}%`;
    const track = ({ value, low: from, high: to, points = [] }) => made("span", { class: "track", "aria-hidden": "true" },
      ...(least < 0 && most > 0 ? [made("i", { class: "zero", style: `left: ${place(0)}` })] : []),
      ...(from === undefined ? [] : [made("i", { class: "span", style: `left: ${place(from)}; right: calc(100% - ${place(to)})` })]),
      ...points.map((each) => made("i", { class: "seed", style: `left: ${place(each)}` })), made("i", { class: "dot", style: `left: ${place(value)}` }));
    const line = (row) => made("li", { class: row.mark || null }, made("span", { class: "of" }, row.name), track(row),
      made("span", { class: "value" }, row.mark ? `${row.text} ${row.mark}` : row.text));
    const group = ({ name, rows }) => made("section", {}, ...(name ? [made("h4", {}, name)] : []), made("ol", {}, ...rows.map(line)));
    const axis = made("div", { class: "axis-of-dots", "aria-hidden": "true" }, made("span", { class: "track" },
      ...marks(least, most, linear).map((mark) => made("b", { style: `left: ${place(mark)}` }, Charts.plain(mark)))));
    return made("div", { class: "dots", role: "group", tabindex: 0, "aria-label": label }, made("p", { class: "small" }, across), axis, made("div", { class: "groups" }, ...groups.map(group)));
  }

  return { dots };
})();
