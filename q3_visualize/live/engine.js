"use strict";
// Runs a network in a page, and its gradients: plain JavaScript, nothing else needed but functions.js.
//
// A network is what lowering.py wrote. Its operations stand in the order of their calls, each with the numbers of the values
// that it takes from others; an operation's own number is that of the value it makes. A value is a Float32Array in the order
// of its shape, channels last, without a batch axis.
//
// In each operation: kind, from (numbers), shape, and what the kind needs; in arrays its weights by name. Each kind has two
// functions. Forward, (operation, inputs, output), fills the output, which comes filled with 0. Backward, (operation, inputs,
// output, gradient, results), adds to the results, one for each input, the gradient with respect to it.

const Engine = (() => {
  const { ACTIVATIONS, PAIRS } = Functions;
  const sizeOf = (shape) => shape.reduce((product, side) => product * side, 1);
  const counted = (length) => Array.from({ length }, (_, at) => at);
  const BLOCK = 1 << 15; // numbers of a matrix that are multiplied at once: they stay in the cache

  // ---- products of matrices

  // out (rows, n) += a (rows, k) times b (k, n). Sixteen sums at once stay in registers.
  function multiply(a, b, out, rows, k, n) {
    const tiled = rows - (rows % 4), wide = n - (n % 4);
    for (let row = 0; row < tiled; row += 4) {
      const a0 = row * k, a1 = a0 + k, a2 = a1 + k, a3 = a2 + k;
      for (let column = 0; column < wide; column += 4) {
        let s00 = 0, s01 = 0, s02 = 0, s03 = 0, s10 = 0, s11 = 0, s12 = 0, s13 = 0;
        let s20 = 0, s21 = 0, s22 = 0, s23 = 0, s30 = 0, s31 = 0, s32 = 0, s33 = 0;
        for (let i = 0, at = column; i < k; i++, at += n) {
          const b0 = b[at], b1 = b[at + 1], b2 = b[at + 2], b3 = b[at + 3];
          const x0 = a[a0 + i], x1 = a[a1 + i], x2 = a[a2 + i], x3 = a[a3 + i];
          s00 += x0 * b0; s01 += x0 * b1; s02 += x0 * b2; s03 += x0 * b3;
          s10 += x1 * b0; s11 += x1 * b1; s12 += x1 * b2; s13 += x1 * b3;
          s20 += x2 * b0; s21 += x2 * b1; s22 += x2 * b2; s23 += x2 * b3;
          s30 += x3 * b0; s31 += x3 * b1; s32 += x3 * b2; s33 += x3 * b3;
        }
        const r0 = row * n + column, r1 = r0 + n, r2 = r1 + n, r3 = r2 + n;
        out[r0] += s00; out[r0 + 1] += s01; out[r0 + 2] += s02; out[r0 + 3] += s03;
        out[r1] += s10; out[r1 + 1] += s11; out[r1 + 2] += s12; out[r1 + 3] += s13;
        out[r2] += s20; out[r2 + 1] += s21; out[r2 + 2] += s22; out[r2 + 3] += s23;
        out[r3] += s30; out[r3 + 1] += s31; out[r3 + 2] += s32; out[r3 + 3] += s33;
      }
    }
    multiplyRest(a, b, out, 0, tiled, k, n, wide);
    multiplyRest(a, b, out, tiled, rows, k, n, 0);
  }

  // The same for the rows from `row` to `end`, and the columns from `left` on: row by row of b, as it lies in memory.
  function multiplyRest(a, b, out, row, end, k, n, left) {
    if (left === n) return;
    const sums = new Float64Array(n);
    for (; row < end; row++) {
      for (let column = left; column < n; column++) sums[column] = out[row * n + column];
      for (let i = 0; i < k; i++) {
        const x = a[row * k + i], at = i * n;
        if (x !== 0) for (let column = left; column < n; column++) sums[column] += x * b[at + column];
      }
      for (let column = left; column < n; column++) out[row * n + column] = sums[column];
    }
  }

  function transposed(matrix, rows, columns) {
    const result = new Float32Array(matrix.length);
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) result[column * rows + row] = matrix[row * columns + column];
    return result;
  }

  // ---- what moves over places: convolution, pooling, padding, resizing

  // What each place of an output reads, `count` taps: the place of a first channel in the input, or -1 outside, and its share.
  // reads(axis, cell) has [cell of the input, share] of all that a cell of the output reads along an axis.
  function tapsOf([rows, columns], [height, width, channels], reads) {
    const down = counted(rows).map((row) => reads(0, row)), right = counted(columns).map((column) => reads(1, column));
    const count = down[0].length * right[0].length, length = rows * columns * count;
    const places = new Int32Array(length), shares = new Float64Array(length);
    let at = 0;
    for (const above of down) for (const left of right) for (const [y, share] of above) for (const [x, other] of left) {
      places[at] = y < 0 || y >= height || x < 0 || x >= width ? -1 : (y * width + x) * channels;
      shares[at++] = share * other;
    }
    return { count, places, shares };
  }

  // Along an axis all cells of a window read, of which each that is inside has the same share in their mean.
  const windows = ({ window, strides, padding, dilation }, input) => (axis, cell) => {
    const cells = counted(window[axis]).map((tap) => cell * strides[axis] - padding[axis] + tap * dilation[axis]);
    const inside = cells.filter((place) => place >= 0 && place < input[axis]).length;
    return cells.map((place) => [place, 1 / inside]);
  };

  const READS = { // functions of (operation, shape of its input) that return the `reads` of tapsOf
    convolution: windows,
    groups: windows,
    pool: windows,
    pad: ({ before }) => (axis, cell) => [[cell - before[axis], 1]],
    nearest: ({ shape }, input) => (axis, cell) => [[Math.floor(((cell + 0.5) * input[axis]) / shape[axis]), 1]],
    bilinear: ({ shape }, input) => (axis, cell) => {
      const place = Math.min(Math.max(((cell + 0.5) * input[axis]) / shape[axis] - 0.5, 0), input[axis] - 1);
      const low = Math.floor(place), high = Math.min(low + 1, input[axis] - 1);
      return [[low, 1 - (place - low)], [high, place - low]];
    },
  };

  // Calls visit(place in the input, place in the output, number of the tap, its number in all taps) for each that is inside.
  // The visitors go over channels: a call for each number would take many times as long.
  function eachTap({ places, count }, width, visit) {
    for (let at = 0, to = 0; at < places.length; to += width)
      for (let tap = 0; tap < count; tap++, at++) if (places[at] >= 0) visit(places[at], to, tap, at);
  }

  // Each place of the output is a sum of places of the input, each times its share.
  function gather({ taps, shape }, [input], output) {
    const channels = shape.at(-1), sums = new Float64Array(output.length);
    eachTap(taps, channels, (from, to, _, at) => {
      const share = taps.shares[at];
      for (let channel = 0; channel < channels; channel++) sums[to + channel] += share * input[from + channel];
    });
    output.set(sums);
  }

  function gatherBack({ taps, shape }, _, __, gradient, [result]) {
    const channels = shape.at(-1);
    eachTap(taps, channels, (from, to, _, at) => {
      const share = taps.shares[at];
      for (let channel = 0; channel < channels; channel++) result[from + channel] += share * gradient[to + channel];
    });
  }

  function largest({ taps, shape }, [input], output) {
    const channels = shape.at(-1);
    output.fill(-Infinity);
    eachTap(taps, channels, (from, to) => {
      for (let channel = 0; channel < channels; channel++)
        if (input[from + channel] > output[to + channel]) output[to + channel] = input[from + channel];
    });
  }

  // Of equal maxima the first in a window gets the gradient, and of all places each its share, as in TensorFlow.
  function largestBack({ kind, taps, shape }, [input], output, gradient, [result]) {
    const channels = shape.at(-1), met = new Uint32Array(output.length);
    const eachMaximum = (visit) => eachTap(taps, channels, (from, to) => {
      for (let channel = 0; channel < channels; channel++)
        if (input[from + channel] === output[to + channel]) visit(from + channel, to + channel);
    });
    if (kind === "pool") return eachMaximum((from, to) => { if (!met[to]++) result[from] += gradient[to]; });
    eachMaximum((_, to) => met[to]++);
    return eachMaximum((from, to) => { result[from] += gradient[to] / met[to]; });
  }

  // ---- what has a kernel: dense layers, and convolution, which is one of the patches of its input

  let scratch = new Float32Array(0); // kept: a new array for each block would take longer

  function zeros(length) {
    if (scratch.length < length) scratch = new Float32Array(length);
    return scratch.fill(0, 0, length);
  }

  // Calls visit(start, end, their taps, channels of a tap) for blocks of a matrix's rows of k numbers; without taps undefined.
  function eachBlock(taps, rows, k, visit) {
    const most = Math.max(4, 4 * Math.floor(BLOCK / k / 4)), { count, places } = taps ?? {};
    for (let start = 0; start < rows; start += most) {
      const end = Math.min(start + most, rows);
      visit(start, end, taps && { count, places: places.subarray(start * count, end * count) }, k / count);
    }
  }

  function product({ taps, shape, arrays: { kernel, bias } }, [input], output) {
    const n = shape.at(-1), k = kernel.length / n;
    if (bias) for (let at = 0; at < output.length; at += n) output.set(bias, at);
    eachBlock(taps, output.length / n, k, (start, end, block, channels) => {
      const patches = block ? zeros((end - start) * k) : input.subarray(start * k, end * k);
      if (block) eachTap(block, k, (from, to, tap) => {
        const at = to + tap * channels;
        for (let channel = 0; channel < channels; channel++) patches[at + channel] = input[from + channel];
      });
      multiply(patches, kernel, output.subarray(start * n, end * n), end - start, k, n);
    });
  }

  function productBack(operation, _, __, gradient, [result]) {
    const { taps, shape, arrays: { kernel } } = operation, n = shape.at(-1), k = kernel.length / n;
    operation.turned ??= transposed(kernel, k, n);
    eachBlock(taps, gradient.length / n, k, (start, end, block, channels) => {
      const patches = block ? zeros((end - start) * k) : result.subarray(start * k, end * k);
      multiply(gradient.subarray(start * n, end * n), operation.turned, patches, end - start, n, k);
      if (block) eachTap(block, k, (from, to, tap) => {
        const at = to + tap * channels;
        for (let channel = 0; channel < channels; channel++) result[from + channel] += patches[at + channel];
      });
    });
  }

  // Convolution in groups of channels, in depth of one each, has a kernel of (taps, channels / groups, filters).
  // Returns the channels of a group, and the first one of the group of each filter.
  function groupsOf({ taps, shape: [, , filters], groups, arrays: { kernel } }) {
    const inside = kernel.length / taps.count / filters;
    return [inside, Int32Array.from(counted(filters), (filter) => Math.floor((filter * groups) / filters) * inside)];
  }

  function convolveGroups(operation, [input], output) {
    const { taps, shape: [, , filters], arrays: { kernel, bias } } = operation, [inside, first] = groupsOf(operation);
    if (bias) for (let at = 0; at < output.length; at += filters) output.set(bias, at);
    eachTap(taps, filters, (from, to, tap) => {
      for (let channel = 0, at = tap * inside * filters; channel < inside; channel++)
        for (let filter = 0; filter < filters; filter++, at++)
          output[to + filter] += input[from + channel + first[filter]] * kernel[at];
    });
  }

  function convolveGroupsBack(operation, _, __, gradient, [result]) {
    const { taps, shape: [, , filters], arrays: { kernel } } = operation, [inside, first] = groupsOf(operation);
    eachTap(taps, filters, (from, to, tap) => {
      for (let channel = 0, at = tap * inside * filters; channel < inside; channel++)
        for (let filter = 0; filter < filters; filter++, at++)
          result[from + channel + first[filter]] += gradient[to + filter] * kernel[at];
    });
  }

  // ---- numbers one by one

  function activate(operation, [input], output) {
    const [apply] = ACTIVATIONS[operation.how](operation);
    for (let at = 0; at < input.length; at++) output[at] = apply(input[at]);
  }

  function activateBack(operation, [input], output, gradient, [result]) {
    const [, slope] = ACTIVATIONS[operation.how](operation);
    for (let at = 0; at < input.length; at++) result[at] += gradient[at] * slope(input[at], output[at]);
  }

  function combine({ how, places: [first, second] }, [one, other], output) {
    const [apply] = PAIRS[how];
    for (let at = 0; at < output.length; at++)
      output[at] = apply(one[first ? first[at] : at], other[second ? second[at] : at]);
  }

  function combineBack({ how, places: [first, second] }, [one, other], _, gradient, results) {
    const [, ...slopes] = PAIRS[how];
    for (let at = 0; at < gradient.length; at++) {
      const place = first ? first[at] : at, further = second ? second[at] : at;
      results[0][place] += gradient[at] * slopes[0](one[place], other[further]);
      results[1][further] += gradient[at] * slopes[1](one[place], other[further]);
    }
  }

  // For each number of a result, the place of its operand, which is repeated along sides of 1; null for equal shapes.
  function broadcast(shape, result) {
    const sides = [...Array(result.length - shape.length).fill(1), ...shape];
    if (sides.every((side, axis) => side === result[axis])) return null;
    const along = (axis, place) => counted(result[axis]).map((cell) => place * sides[axis] + (sides[axis] > 1 ? cell : 0));
    const places = counted(result.length).reduce((found, axis) => found.flatMap((place) => along(axis, place)), [0]);
    return Int32Array.from(places);
  }

  // Gain and offset are repeated over the input.
  function scale({ arrays: { gain, offset } }, [input], output) {
    for (let at = 0, one = 0, other = 0; at < input.length; at++) {
      output[at] = input[at] * gain[one] + offset[other];
      if (++one === gain.length) one = 0;
      if (++other === offset.length) other = 0;
    }
  }

  function scaleBack({ arrays: { gain } }, _, __, gradient, [result]) {
    for (let at = 0; at < gradient.length; at++) result[at] += gradient[at] * gain[at % gain.length];
  }

  // ---- vectors: the last axis, or all places of a channel

  function softmax({ how, shape }, [input], output) {
    const n = shape.at(-1);
    for (let start = 0; start < input.length; start += n) {
      const part = input.subarray(start, start + n), top = part.reduce((one, other) => Math.max(one, other));
      const total = top + Math.log(part.reduce((sum, value) => sum + Math.exp(value - top), 0));
      for (let at = 0; at < n; at++) output[start + at] = how === "logarithm" ? part[at] - total : Math.exp(part[at] - total);
    }
  }

  function softmaxBack({ how, shape }, _, output, gradient, [result]) {
    const n = shape.at(-1), logarithm = how === "logarithm";
    for (let start = 0; start < output.length; start += n) {
      let sum = 0;
      for (let at = start; at < start + n; at++) sum += logarithm ? gradient[at] : gradient[at] * output[at];
      for (let at = start; at < start + n; at++)
        result[at] += logarithm ? gradient[at] - Math.exp(output[at]) * sum : output[at] * (gradient[at] - sum);
    }
  }

  // The numbers that are taken to mean 0 and variance 1 together: `together` in a row, or those of a group of channels.
  function setsOf({ shape, groups, together }) {
    const length = sizeOf(shape), channels = shape.at(-1), sets = counted(groups ?? length / together).map(() => []);
    for (let at = 0; at < length; at++)
      sets[Math.floor(groups ? ((at % channels) * groups) / channels : at / together)].push(at);
    return sets;
  }

  const meanOf = (set, of) => set.reduce((sum, at) => sum + of(at), 0) / set.length;

  // Mean and deviation of a set of numbers.
  function momentsOf(set, input, epsilon) {
    const mean = meanOf(set, (at) => input[at]);
    return [mean, Math.sqrt(meanOf(set, (at) => (input[at] - mean) ** 2) + epsilon)];
  }

  function standardize({ sets, epsilon }, [input], output) {
    for (const set of sets) {
      const [mean, deviation] = momentsOf(set, input, epsilon);
      for (const at of set) output[at] = (input[at] - mean) / deviation;
    }
  }

  function standardizeBack({ sets, epsilon }, [input], output, gradient, [result]) {
    for (const set of sets) {
      const [, deviation] = momentsOf(set, input, epsilon);
      const average = meanOf(set, (at) => gradient[at]), along = meanOf(set, (at) => gradient[at] * output[at]);
      for (const at of set) result[at] += (gradient[at] - average - output[at] * along) / deviation;
    }
  }

  // ---- all kinds of operation

  // Calls visit(part of the whole, part of a value) for what lies together in a concatenation of values along an axis.
  function eachPart({ shape, axis }, values, whole, visit) {
    const outer = sizeOf(shape.slice(0, axis));
    for (let round = 0, at = 0; round < outer; round++) for (const value of values) {
      const length = value.length / outer;
      visit(whole.subarray(at, at += length), value.subarray(round * length, (round + 1) * length));
    }
  }

  function add(result, gradient) {
    for (let at = 0; at < gradient.length; at++) result[at] += gradient[at];
  }

  const concatenate = (operation, inputs, output) => eachPart(operation, inputs, output, (whole, part) => whole.set(part));
  const concatenateBack = (operation, _, __, gradient, results) =>
    eachPart(operation, results, gradient, (whole, part) => add(part, whole));

  const byHow = (mean, maximum) => (operation, ...rest) => (operation.how === "mean" ? mean : maximum)(operation, ...rest);
  const POOLING = [byHow(gather, largest), byHow(gatherBack, largestBack)], GATHERING = [gather, gatherBack];
  const KINDS = { // [forward, backward]
    constant: [({ arrays: { value } }, _, output) => output.set(value), () => {}],
    convolution: [product, productBack],
    groups: [convolveGroups, convolveGroupsBack],
    dense: [product, productBack],
    scale: [scale, scaleBack],
    pool: POOLING,
    reduce: POOLING,
    activation: [activate, activateBack],
    softmax: [softmax, softmaxBack],
    pair: [combine, combineBack],
    standardize: [standardize, standardizeBack],
    reshape: [(_, [input], output) => output.set(input), (_, __, ___, gradient, [result]) => add(result, gradient)],
    concatenate: [concatenate, concatenateBack],
    pad: GATHERING,
    nearest: GATHERING,
    bilinear: GATHERING,
  };

  // What an operation needs besides its values, computed once from the shapes that it takes.
  function prepare(operation, shapes) {
    const { kind, shape } = operation, [input] = shapes;
    if (kind === "pair") operation.places = shapes.map((one) => broadcast(one, shape));
    if (kind === "standardize") operation.sets = setsOf(operation);
    if (kind in READS) operation.taps = tapsOf(shape, input, READS[kind](operation, input));
    if (kind === "reduce") { // a window over all places, whatever their axes are
      const column = [sizeOf(input) / input.at(-1), 1, input.at(-1)];
      const whole = { window: column, strides: [1, 1], padding: [0, 0], dilation: [1, 1] };
      operation.taps = tapsOf([1, 1], column, windows(whole, column));
    }
  }

  // ---- networks

  // Returns the bytes of a text in base64, Uint8Array.
  function bytes(text) {
    const letters = atob(text), result = new Uint8Array(letters.length);
    for (let at = 0; at < letters.length; at++) result[at] = letters.charCodeAt(at);
    return result;
  }

  // Returns a network that `run` takes, from lowering.py's: its weights as arrays, in place of the bytes in base64.
  function load({ operations, weights, ...rest }) {
    const numbers = new Float32Array(bytes(weights).buffer);
    const loaded = operations.map((operation) => ({ ...operation, arrays: {} }));
    for (const { arrays, weights: places = {} } of loaded)
      for (const [name, [start, length]] of Object.entries(places)) arrays[name] = numbers.subarray(start, start + length);
    for (const operation of loaded) prepare(operation, operation.from.map((number) => loaded[number].shape));
    return { ...rest, operations: loaded };
  }

  // Returns the values of all operations. Given is the value of operation `at`: of 0, the image, numbers from 0 to 255.
  function run({ operations }, given, progress = () => {}, at = 0) {
    const values = [];
    values[at] = new Float32Array(given);
    for (let number = at + 1; number < operations.length; number++) {
      const operation = operations[number], [forward] = KINDS[operation.kind];
      values[number] = new Float32Array(sizeOf(operation.shape));
      forward(operation, operation.from.map((source) => values[source]), values[number]);
      progress(number + 1, operations.length);
    }
    return values;
  }

  // Returns the gradient of the sum of seed * value `of` with respect to value `to`, null where it does not depend on that.
  function gradient({ operations }, values, of, seed, to) {
    const depends = new Set([to]), gradients = [];
    operations.forEach(({ from }, number) => { if (from.some((source) => depends.has(source))) depends.add(number); });
    if (!depends.has(of)) return null;
    gradients[of] = seed;
    for (let number = of; number > to; number--) {
      const operation = operations[number], { from } = operation, [, backward] = KINDS[operation.kind];
      if (!gradients[number] || !from.some((source) => depends.has(source))) continue;
      const results = from.map((source) => (gradients[source] ??= new Float32Array(values[source].length)));
      backward(operation, from.map((source) => values[source]), values[number], gradients[number], results);
    }
    return gradients[to];
  }

  return { KINDS: Object.keys(KINDS), bytes, load, run, gradient };
})();
