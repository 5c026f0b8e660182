"use strict";
// Runs a network in a page, and its gradients: plain JavaScript, nothing else needed.
//
// A network is what lowering.py wrote. Its operations stand in the order of their calls, each with the numbers of the values
// that it takes from others; an operation's own number is that of the value it makes. A value is a Float32Array in the order
// of its shape, channels last, without a batch axis.
//
// In each operation: kind, from (numbers), shape, and what the kind needs; in weights the arrays by name.

const Engine = (() => {
  const sizeOf = (shape) => shape.reduce((product, side) => product * side, 1);
  const BLOCK = 1 << 15; // numbers of the patches of a convolution that are multiplied at once: they stay in the cache

  // ---- products of matrices

  // out (rows, n) = start + a (rows, k) times b (k, n), from row `first` of out on. Sixteen sums at once stay in registers.
  function multiply(a, b, out, rows, k, n, start, first = 0) {
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
        let at = (first + row) * n + column;
        const t0 = start ? start[column] : 0, t1 = start ? start[column + 1] : 0;
        const t2 = start ? start[column + 2] : 0, t3 = start ? start[column + 3] : 0;
        out[at] = t0 + s00; out[at + 1] = t1 + s01; out[at + 2] = t2 + s02; out[at + 3] = t3 + s03;
        at += n;
        out[at] = t0 + s10; out[at + 1] = t1 + s11; out[at + 2] = t2 + s12; out[at + 3] = t3 + s13;
        at += n;
        out[at] = t0 + s20; out[at + 1] = t1 + s21; out[at + 2] = t2 + s22; out[at + 3] = t3 + s23;
        at += n;
        out[at] = t0 + s30; out[at + 1] = t1 + s31; out[at + 2] = t2 + s32; out[at + 3] = t3 + s33;
      }
    }
    multiplyRest(a, b, out, 0, tiled, k, n, wide, start, first);
    multiplyRest(a, b, out, tiled, rows, k, n, 0, start, first);
  }

  // The same for the rows from `row` to `end`, and the columns from `left` on: row by row of b, as it lies in memory.
  function multiplyRest(a, b, out, row, end, k, n, left, start, first) {
    if (left === n) return;
    const sums = new Float64Array(n);
    for (; row < end; row++) {
      for (let column = left; column < n; column++) sums[column] = start ? start[column] : 0;
      for (let i = 0; i < k; i++) {
        const x = a[row * k + i], at = i * n;
        if (x !== 0) for (let column = left; column < n; column++) sums[column] += x * b[at + column];
      }
      for (let column = left; column < n; column++) out[(first + row) * n + column] = sums[column];
    }
  }

  function transposed(matrix, rows, columns) {
    const result = new Float32Array(matrix.length);
    for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++) result[column * rows + row] = matrix[row * columns + column];
    return result;
  }

  // ---- windows: convolution and pooling

  // Where each tap of a window reads, for each position of the output: the place of its first channel in the input, or -1.
  function tapsOf(operation, input) {
    const [height, width, channels] = input, [rows, columns] = operation.shape;
    const { window, strides, padding, dilation = [1, 1] } = operation;
    const places = new Int32Array(rows * columns * window[0] * window[1]);
    let at = 0;
    for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++)
      for (let down = 0; down < window[0]; down++) for (let right = 0; right < window[1]; right++) {
        const y = row * strides[0] - padding[0] + down * dilation[0], x = column * strides[1] - padding[1] + right * dilation[1];
        places[at++] = y < 0 || y >= height || x < 0 || x >= width ? -1 : (y * width + x) * channels;
      }
    return { places, count: window[0] * window[1], positions: rows * columns, channels };
  }

  let scratch = new Float32Array(0); // patches: kept, since a new array would be filled with zeros first

  function scratchOf(length) {
    if (scratch.length < length) scratch = new Float32Array(length);
    return scratch;
  }

  // Calls visit(first, rows) for blocks of positions whose patches fit into the cache.
  function eachBlock(positions, width, visit) {
    const most = Math.max(4, 4 * Math.floor(BLOCK / width / 4));
    for (let first = 0; first < positions; first += most) visit(first, Math.min(most, positions - first));
  }

  function convolve(operation, [input], { kernel, bias }) {
    const { places, count, positions, channels } = operation.taps, filters = operation.shape[2];
    const output = new Float32Array(positions * filters), k = count * channels;
    eachBlock(positions, k, (first, rows) => {
      const patches = scratchOf(rows * k);
      for (let tap = 0, to = 0; tap < rows * count; tap++, to += channels) {
        const from = places[first * count + tap];
        if (from < 0) patches.fill(0, to, to + channels);
        else for (let channel = 0; channel < channels; channel++) patches[to + channel] = input[from + channel];
      }
      multiply(patches, kernel, output, rows, k, filters, bias, first);
    });
    return output;
  }

  function convolveBack(operation, [input], { kernel }, _, gradient) {
    const { places, count, positions, channels } = operation.taps, filters = operation.shape[2], k = count * channels;
    operation.turned ??= transposed(kernel, k, filters);
    const result = new Float32Array(input.length);
    eachBlock(positions, k, (first, rows) => {
      const patches = scratchOf(rows * k);
      multiply(gradient.subarray(first * filters, (first + rows) * filters), operation.turned, patches, rows, filters, k, null);
      for (let tap = 0, from = 0; tap < rows * count; tap++, from += channels) {
        const to = places[first * count + tap];
        if (to >= 0) for (let channel = 0; channel < channels; channel++) result[to + channel] += patches[from + channel];
      }
    });
    return [result];
  }

  // Calls visit(place in the input, place in the output, number of the tap) for each tap of each position that is inside.
  // The visitors go over channels: a call for each number would take many times as long.
  function eachTap({ places, count }, width, visit) {
    for (let at = 0, to = 0; at < places.length; to += width)
      for (let tap = 0; tap < count; tap++, at++) if (places[at] >= 0) visit(places[at], to, tap, at);
  }

  // Convolution in groups of channels, of which one in depth has as many as channels: kernel (taps, channels / groups, filters).
  // Returns the channels of a group, and the first one of the group of each filter.
  function groupsOf({ taps: { channels }, shape: [, , filters], groups }) {
    const inside = channels / groups;
    return [inside, Int32Array.from({ length: filters }, (_, filter) => Math.floor((filter * groups) / filters) * inside)];
  }

  function convolveGroups(operation, [input], { kernel, bias }) {
    const filters = operation.shape[2], output = new Float32Array(operation.taps.positions * filters), [inside, first] = groupsOf(operation);
    if (bias) for (let at = 0; at < output.length; at += filters) output.set(bias, at);
    eachTap(operation.taps, filters, (from, to, tap) => {
      for (let channel = 0, at = tap * inside * filters; channel < inside; channel++) for (let filter = 0; filter < filters; filter++, at++)
        output[to + filter] += input[from + channel + first[filter]] * kernel[at];
    });
    return output;
  }

  function convolveGroupsBack(operation, [input], { kernel }, _, gradient) {
    const filters = operation.shape[2], result = new Float32Array(input.length), [inside, first] = groupsOf(operation);
    eachTap(operation.taps, filters, (from, to, tap) => {
      for (let channel = 0, at = tap * inside * filters; channel < inside; channel++) for (let filter = 0; filter < filters; filter++, at++)
        result[from + channel + first[filter]] += gradient[to + filter] * kernel[at];
    });
    return [result];
  }

  // A pooling window's places in the input, without those in the padding, for each position: visit(places, output position).
  function eachWindow({ taps: { places, count, positions } }, visit) {
    for (let position = 0; position < positions; position++) {
      const window = places.subarray(position * count, (position + 1) * count);
      visit(window, position);
    }
  }

  function pool(operation, [input]) {
    const channels = operation.taps.channels, output = new Float32Array(sizeOf(operation.shape)), maximum = operation.how === "maximum";
    eachWindow(operation, (window, position) => {
      for (let channel = 0; channel < channels; channel++) {
        let best = -Infinity, sum = 0, cells = 0;
        for (const place of window) {
          if (place < 0) continue;
          const value = input[place + channel];
          if (value > best) best = value;
          sum += value;
          cells++;
        }
        output[position * channels + channel] = maximum ? best : sum / cells;
      }
    });
    return output;
  }

  // Of equal maxima the first gets the gradient, as in TensorFlow.
  function poolBack(operation, [input], _, output, gradient) {
    const channels = operation.taps.channels, result = new Float32Array(input.length), maximum = operation.how === "maximum";
    eachWindow(operation, (window, position) => {
      const inside = window.filter((place) => place >= 0);
      for (let channel = 0; channel < channels; channel++) {
        const at = position * channels + channel;
        if (maximum) result[inside.find((place) => input[place + channel] === output[at]) + channel] += gradient[at];
        else for (const place of inside) result[place + channel] += gradient[at] / inside.length;
      }
    });
    return [result];
  }

  // ---- numbers one by one

  // erf by Abramowitz and Stegun 7.1.26, whose error is at most 1.5e-7.
  function erf(x) {
    const t = 1 / (1 + 0.3275911 * Math.abs(x));
    const polynomial = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
    return Math.sign(x) * (1 - polynomial * Math.exp(-x * x));
  }
  const sigmoid = (x) => 1 / (1 + Math.exp(-x)), softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  const normal = (x) => Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI), clip = (x) => Math.min(Math.max(x, 0), 1);
  const SELU = [1.0507009873554805, 1.6732632423543772]; // scale and alpha
  const ramp = 2 * Math.sqrt(2 / Math.PI), approximate = (x) => sigmoid(ramp * (x + 0.044715 * x ** 3)); // of GELU

  // [function of x, its derivative from x and y]; `o` is the operation, with what the function needs.
  const ACTIVATIONS = {
    relu: [ // a line of another slope below the threshold, constant above the maximum
      (x, o) => (x < o.threshold ? o.slope * (x - o.threshold) : Math.min(x, o.maximum ?? Infinity)),
      (x, y, o) => (x > o.threshold && x < (o.maximum ?? Infinity) ? 1 : x <= o.threshold ? o.slope : 0),
    ],
    elu: [(x, o) => (x > 0 ? x : o.alpha * Math.expm1(x)), (x, y, o) => (x > 0 ? 1 : y + o.alpha)],
    selu: [(x) => SELU[0] * (x > 0 ? x : SELU[1] * Math.expm1(x)), (x, y) => (x < 0 ? y + SELU[0] * SELU[1] : SELU[0])],
    gelu: [(x) => x * (1 + erf(x / Math.SQRT2)) / 2, (x) => (1 + erf(x / Math.SQRT2)) / 2 + x * normal(x)],
    gelu_approximate: [
      (x) => x * approximate(x),
      (x) => approximate(x) * (1 + x * (1 - approximate(x)) * ramp * (1 + 3 * 0.044715 * x * x)),
    ],
    silu: [(x) => x * sigmoid(x), (x, y) => y + sigmoid(x) * (1 - y)],
    sigmoid: [sigmoid, (x, y) => y * (1 - y)],
    tanh: [Math.tanh, (x, y) => 1 - y * y],
    softplus: [softplus, sigmoid],
    softsign: [(x) => x / (1 + Math.abs(x)), (x) => 1 / (1 + Math.abs(x)) ** 2],
    exponential: [Math.exp, (x, y) => y],
    hard_sigmoid: [(x) => clip(x / 6 + 0.5), (x) => (x > -3 && x < 3 ? 1 / 6 : 0)],
    hard_silu: [(x) => x * clip(x / 6 + 0.5), (x) => (x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5)],
    mish: [
      (x) => x * Math.tanh(softplus(x)),
      (x) => Math.tanh(softplus(x)) + x * (1 - Math.tanh(softplus(x)) ** 2) * sigmoid(x),
    ],
  };

  function activate(operation, [input]) {
    const [apply] = ACTIVATIONS[operation.how], output = new Float32Array(input.length);
    for (let at = 0; at < input.length; at++) output[at] = apply(input[at], operation);
    return output;
  }

  function activateBack(operation, [input], _, output, gradient) {
    const [, slope] = ACTIVATIONS[operation.how], result = new Float32Array(input.length);
    for (let at = 0; at < input.length; at++) result[at] = gradient[at] * slope(input[at], output[at], operation);
    return [result];
  }

  // [function of two numbers, the gradients of both]; of equal numbers the first is the maximum, as in TensorFlow.
  const PAIRS = {
    add: [(x, y) => x + y, () => 1, () => 1],
    subtract: [(x, y) => x - y, () => 1, () => -1],
    multiply: [(x, y) => x * y, (x, y) => y, (x) => x],
    divide: [(x, y) => x / y, (x, y) => 1 / y, (x, y) => -x / (y * y)],
    maximum: [(x, y) => Math.max(x, y), (x, y) => Number(x >= y), (x, y) => Number(x < y)],
    minimum: [(x, y) => Math.min(x, y), (x, y) => Number(x <= y), (x, y) => Number(x > y)],
  };

  function combine(operation, [one, other]) {
    const [apply] = PAIRS[operation.how], [first, second] = operation.places, output = new Float32Array(sizeOf(operation.shape));
    for (let at = 0; at < output.length; at++) output[at] = apply(one[first ? first[at] : at], other[second ? second[at] : at]);
    return output;
  }

  function combineBack(operation, values, _, output, gradient) {
    const [, ...slopes] = PAIRS[operation.how], [first, second] = operation.places;
    return values.map((value, side) => {
      const result = new Float32Array(value.length), places = operation.places[side];
      for (let at = 0; at < gradient.length; at++) {
        const slope = slopes[side](values[0][first ? first[at] : at], values[1][second ? second[at] : at]);
        result[places ? places[at] : at] += gradient[at] * slope;
      }
      return result;
    });
  }

  // For each number of a result, the place of its operand, which is repeated along sides of 1; null where the shapes are equal.
  function broadcast(shape, result) {
    const sides = [...Array(result.length - shape.length).fill(1), ...shape];
    if (sides.every((side, axis) => side === result[axis])) return null;
    return Int32Array.from({ length: sizeOf(result) }, (_, at) => {
      let place = 0, step = 1;
      for (let axis = result.length - 1; axis >= 0; axis--) {
        if (sides[axis] > 1) place += (at % result[axis]) * step;
        step *= sides[axis];
        at = Math.floor(at / result[axis]);
      }
      return place;
    });
  }

  // ---- vectors: the last axis, or all places of a channel

  function softmax(operation, [input]) {
    const n = operation.shape.at(-1), output = new Float32Array(input.length);
    for (let start = 0; start < input.length; start += n) {
      const part = input.subarray(start, start + n), top = part.reduce((one, other) => Math.max(one, other));
      const total = part.reduce((sum, value) => sum + Math.exp(value - top), 0);
      for (let at = 0; at < n; at++) {
        const logarithm = part[at] - top - Math.log(total);
        output[start + at] = operation.how === "logarithm" ? logarithm : Math.exp(logarithm);
      }
    }
    return output;
  }

  function softmaxBack(operation, _, __, output, gradient) {
    const n = operation.shape.at(-1), result = new Float32Array(output.length), logarithm = operation.how === "logarithm";
    for (let start = 0; start < output.length; start += n) {
      let sum = 0;
      for (let at = start; at < start + n; at++) sum += logarithm ? gradient[at] : gradient[at] * output[at];
      for (let at = start; at < start + n; at++)
        result[at] = logarithm ? gradient[at] - Math.exp(output[at]) * sum : output[at] * (gradient[at] - sum);
    }
    return [result];
  }

  // Over all places of each channel.
  function reduce(operation, [input]) {
    const channels = operation.shape.at(-1), places = input.length / channels, maximum = operation.how === "maximum";
    const output = new Float64Array(channels).fill(maximum ? -Infinity : 0);
    for (let at = 0; at < input.length; at++) {
      const channel = at % channels;
      output[channel] = maximum ? Math.max(output[channel], input[at]) : output[channel] + input[at] / places;
    }
    return Float32Array.from(output);
  }

  // Equal maxima share the gradient, as in TensorFlow.
  function reduceBack(operation, [input], _, output, gradient) {
    const channels = operation.shape.at(-1), places = input.length / channels;
    if (operation.how === "mean") return [input.map((_, at) => gradient[at % channels] / places)];
    const equal = new Float32Array(channels);
    input.forEach((value, at) => { if (value === output[at % channels]) equal[at % channels]++; });
    return [input.map((value, at) => (value === output[at % channels] ? gradient[at % channels] / equal[at % channels] : 0))];
  }

  // To mean 0 and variance 1 within each set of numbers: a row of `together` numbers, or a group of channels in all places.
  function setsOf({ shape, groups, together }, length) {
    if (!groups) return Array.from({ length: length / together }, (_, set) => Array.from({ length: together }, (_, at) => set * together + at));
    const channels = shape.at(-1), inside = channels / groups;
    return Array.from({ length: groups }, (_, group) =>
      Array.from({ length: length / groups }, (_, at) => Math.floor(at / inside) * channels + group * inside + (at % inside)));
  }

  function standardize(operation, [input]) {
    const output = new Float32Array(input.length);
    for (const set of operation.sets) {
      const mean = set.reduce((sum, at) => sum + input[at], 0) / set.length;
      const variance = set.reduce((sum, at) => sum + (input[at] - mean) ** 2, 0) / set.length;
      for (const at of set) output[at] = (input[at] - mean) / Math.sqrt(variance + operation.epsilon);
    }
    return output;
  }

  function standardizeBack(operation, [input], _, output, gradient) {
    const result = new Float32Array(input.length);
    for (const set of operation.sets) {
      const mean = set.reduce((sum, at) => sum + input[at], 0) / set.length;
      const deviation = Math.sqrt(set.reduce((sum, at) => sum + (input[at] - mean) ** 2, 0) / set.length + operation.epsilon);
      const average = set.reduce((sum, at) => sum + gradient[at], 0) / set.length;
      const along = set.reduce((sum, at) => sum + gradient[at] * output[at], 0) / set.length;
      for (const at of set) result[at] = (gradient[at] - average - output[at] * along) / deviation;
    }
    return [result];
  }

  // ---- places

  // Each place of the output is a sum of `count` places of the input, each times its share; a place of -1 is outside, and 0.
  function gather({ sources, shape }, [input]) {
    const channels = shape[2], output = new Float32Array(sizeOf(shape));
    eachTap(sources, channels, (from, to, _, at) => {
      const share = sources.shares[at];
      for (let channel = 0; channel < channels; channel++) output[to + channel] += share * input[from + channel];
    });
    return output;
  }

  function gatherBack({ sources, shape }, [input], _, output, gradient) {
    const channels = shape[2], result = new Float32Array(input.length);
    eachTap(sources, channels, (from, to, _, at) => {
      const share = sources.shares[at];
      for (let channel = 0; channel < channels; channel++) result[from + channel] += share * gradient[to + channel];
    });
    return [result];
  }

  // The rows and columns of an output from those of an input: at(axis, cell) is [place, share] of one or two of them.
  function sourcesOf({ shape: [rows, columns] }, [height, width, channels], at) {
    const places = [], shares = [];
    for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++)
      for (const [y, down] of at(0, row)) for (const [x, right] of at(1, column)) {
        places.push(y < 0 || y >= height || x < 0 || x >= width ? -1 : (y * width + x) * channels);
        shares.push(down * right);
      }
    return { places, shares, count: places.length / (rows * columns) };
  }

  const SOURCES = {
    pad: (operation, input) => sourcesOf(operation, input, (axis, cell) => [[cell - operation.before[axis], 1]]),
    nearest: (operation, input) => sourcesOf(operation, input, (axis, cell) => [[Math.floor(((cell + 0.5) * input[axis]) / operation.shape[axis]), 1]]),
    bilinear: (operation, input) => sourcesOf(operation, input, (axis, cell) => {
      const place = Math.min(Math.max(((cell + 0.5) * input[axis]) / operation.shape[axis] - 0.5, 0), input[axis] - 1);
      const low = Math.floor(place), high = Math.min(low + 1, input[axis] - 1);
      return [[low, 1 - (place - low)], [high, place - low]];
    }),
  };

  // Calls visit(place in the output, place in the input, numbers, input) for what lies together along an axis.
  function eachPart({ shape, axis }, values, visit) {
    const outer = sizeOf(shape.slice(0, axis)), row = sizeOf(shape.slice(axis));
    for (let round = 0, to = 0; round < outer; round++, to = round * row) values.forEach((value, number) => {
      const length = value.length / outer;
      visit(to, round * length, length, number);
      to += length;
    });
  }

  function concatenate(operation, values) {
    const output = new Float32Array(sizeOf(operation.shape));
    eachPart(operation, values, (to, from, length, number) => output.set(values[number].subarray(from, from + length), to));
    return output;
  }

  function concatenateBack(operation, values, _, output, gradient) {
    const results = values.map((value) => new Float32Array(value.length));
    eachPart(operation, values, (to, from, length, number) => results[number].set(gradient.subarray(to, to + length), from));
    return results;
  }

  // ---- all kinds of operation

  // Gain and offset are repeated over the input.
  function scale(_, [input], { gain, offset }) {
    const output = new Float32Array(input.length);
    for (let at = 0, one = 0, other = 0; at < input.length; at++) {
      output[at] = input[at] * gain[one] + offset[other];
      if (++one === gain.length) one = 0;
      if (++other === offset.length) other = 0;
    }
    return output;
  }

  const scaleBack = (operation, _, { gain }, __, gradient) => [scale(operation, [gradient], { gain, offset: [0] })];

  function dense(operation, [input], { kernel, bias }) {
    const n = operation.shape.at(-1), k = kernel.length / n, output = new Float32Array((input.length / k) * n);
    multiply(input, kernel, output, input.length / k, k, n, bias);
    return output;
  }

  function denseBack(operation, [input], { kernel }, _, gradient) {
    const n = operation.shape.at(-1), k = kernel.length / n, result = new Float32Array(input.length);
    operation.turned ??= transposed(kernel, k, n);
    multiply(gradient, operation.turned, result, input.length / k, n, k, null);
    return [result];
  }

  // kind: [forward, backward], functions of (operation, values, weights[, output, gradient]); backward returns a gradient for each value.
  const KINDS = {
    constant: [(operation, _, { value }) => value, () => []],
    convolution: [convolve, convolveBack],
    groups: [convolveGroups, convolveGroupsBack],
    dense: [dense, denseBack],
    scale: [scale, scaleBack],
    pool: [pool, poolBack],
    reduce: [reduce, reduceBack],
    activation: [activate, activateBack],
    softmax: [softmax, softmaxBack],
    pair: [combine, combineBack],
    standardize: [standardize, standardizeBack],
    reshape: [(_, [input]) => input, (_, __, ___, ____, gradient) => [gradient]],
    concatenate: [concatenate, concatenateBack],
    pad: [gather, gatherBack],
    nearest: [gather, gatherBack],
    bilinear: [gather, gatherBack],
  };

  // What an operation needs besides its values, computed once from the shapes that it takes.
  function prepare(operation, shapes) {
    if (operation.window) operation.taps = tapsOf(operation, shapes[0]);
    if (operation.kind in SOURCES) operation.sources = SOURCES[operation.kind](operation, shapes[0]);
    if (operation.kind === "pair") operation.places = shapes.map((shape) => broadcast(shape, operation.shape));
    if (operation.kind === "standardize") operation.sets = setsOf(operation, sizeOf(operation.shape));
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
    const loaded = operations.map((operation) => ({
      ...operation,
      arrays: Object.fromEntries(Object.entries(operation.weights ?? {}).map(([name, [start, length]]) => [name, numbers.subarray(start, start + length)])),
    }));
    for (const operation of loaded) prepare(operation, operation.from.map((number) => loaded[number].shape));
    return { ...rest, operations: loaded };
  }

  // Returns the values of all operations. Given is the value of operation `at`: of 0, which is the image, numbers from 0 to 255.
  function run({ operations }, given, progress = () => {}, at = 0) {
    const values = [];
    values[at] = new Float32Array(given);
    for (let number = at + 1; number < operations.length; number++) {
      const operation = operations[number];
      values[number] = KINDS[operation.kind][0](operation, operation.from.map((from) => values[from]), operation.arrays);
      progress(number + 1, operations.length);
    }
    return values;
  }

  // Returns the gradient of the sum of seed * value `of` with respect to value `to`, null where one does not depend on the other.
  function gradient({ operations }, values, of, seed, to) {
    const depends = new Set([to]), gradients = new Map([[of, seed]]);
    operations.forEach(({ from }, number) => { if (from.some((source) => depends.has(source))) depends.add(number); });
    if (!depends.has(of)) return null;
    for (let number = of; number > to; number--) {
      const operation = operations[number], known = gradients.get(number);
      if (!known || !operation.from.some((source) => depends.has(source))) continue;
      const parts = KINDS[operation.kind][1](operation, operation.from.map((from) => values[from]), operation.arrays, values[number], known);
      operation.from.forEach((source, place) => {
        const before = gradients.get(source);
        gradients.set(source, before ? before.map((value, at) => value + parts[place][at]) : parts[place]);
      });
    }
    return gradients.get(to) ?? null;
  }

  return { KINDS: Object.keys(KINDS), ACTIVATIONS: Object.keys(ACTIVATIONS), PAIRS: Object.keys(PAIRS), bytes, load, run, gradient };
})();
