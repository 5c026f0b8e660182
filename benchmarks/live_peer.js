"use strict";
// What rows/live.py asks of a page: updates by live/engine.js and by tensorflow.js on its processor backend, of the network
// NETWORK (as lowering.py wrote it, see engine.js) on the image IMAGE, and whether both compute the same.

// Functions of (operation, values with a batch axis, weights as tensors); only the kinds that the networks measured need.
const PEER_KINDS = {
  // As fast as tensorflow.js can: its `mul` and `add` of numbers for each channel take six times as long.
  scale: (_, [input], { gain, offset, zero, one }) => tf.batchNorm(input, zero, one, offset, gain, 0),
  convolution: (operation, [input], { kernel }) => tf.conv2d(input, kernel, operation.strides, paddingOf(operation, input)),
  groups: (operation, [input], { kernel }) => tf.depthwiseConv2d(input, kernel, operation.strides, paddingOf(operation, input)),
  dense: (_, [input], { kernel, bias }) => tf.add(tf.matMul(input, kernel), bias),
  activation: ({ how, maximum }, [input]) => (how === "sigmoid" ? tf.sigmoid : maximum === 6 ? tf.relu6 : tf.relu)(input),
  softmax: (_, [input]) => tf.softmax(input),
  reduce: (_, [input]) => tf.mean(input, [1, 2]),
  pair: (_, [first, second]) => tf.add(first, second),
  pad: ({ shape, before }, [input]) => tf.pad(input, bothSides(before, (axis) => shape[axis] - before[axis] - input.shape[1 + axis])),
};

// The JSON has the padding before; tensorflow.js asks for that after as well.
const bothSides = (before, after) => [[0, 0], ...[0, 1].map((axis) => [before[axis], Math.max(after(axis), 0)]), [0, 0]];
const paddingOf = ({ window, strides, padding, shape }, input) =>
  bothSides(padding, (axis) => (shape[axis] - 1) * strides[axis] + window[axis] - padding[axis] - input.shape[1 + axis]);

function peerWeights({ kind, window, shape, arrays }) {
  const { kernel, ...others } = arrays, weights = kind === "scale" ? { zero: tf.tensor1d([0]), one: tf.tensor1d([1]) } : {};
  for (const [name, array] of Object.entries(others)) weights[name] = tf.tensor1d(array);
  if (!kernel) return weights;
  const filters = shape.at(-1), inputs = kernel.length / filters / (window ? window[0] * window[1] : 1);
  weights.kernel = tf.tensor(kernel, kind === "groups" ? [...window, filters, 1] : [...(window ?? []), inputs, filters]);
  return weights;
}

// Functions that return a function which runs the network once and returns the values of all its operations.
const CONTENDERS = {
  ours() {
    const network = Engine.load(NETWORK);
    return () => Engine.run(network, IMAGE);
  },
  theirs() {
    tf.enableProdMode();
    const { operations } = Engine.load(NETWORK), weights = operations.map(peerWeights);
    return () => {
      const values = [];
      let numbers;
      tf.tidy(() => { // returns nothing: it would search each number of what it returns for tensors
        operations.forEach(({ kind, from, shape }, number) => {
          if (kind === "image") values.push(tf.tensor(IMAGE, [1, ...shape], "float32"));
          else values.push(PEER_KINDS[kind](operations[number], from.map((source) => values[source]), weights[number]));
        });
        numbers = values.map((value) => value.dataSync());
      });
      return numbers;
    };
  },
};
const started = {};

function update(name, times) {
  started[name] ??= CONTENDERS[name]();
  for (let time = 1; time < times; time++) started[name]();
  return started[name]();
}

// The largest difference between values of both, as a share of the largest value of the operation.
function difference() {
  const [ours, theirs] = [update("ours", 1), update("theirs", 1)];
  return Math.max(...ours.map((value, number) => {
    let apart = value.length === theirs[number].length ? 0 : Infinity, largest = 0;
    for (let at = 0; at < value.length; at++) {
      apart = Math.max(apart, Math.abs(value[at] - theirs[number][at]));
      largest = Math.max(largest, Math.abs(value[at]));
    }
    return apart && apart / largest;
  }));
}
