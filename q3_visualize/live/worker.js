"use strict";
// The worker of a network's page: answers one message after another, so that the page never waits for a network.

let network = null, values = null;

const ANSWERS = {
  load(message) {
    network = Engine.load(message.network);
    return {};
  },

  // The outputs of all heads for an image, and the values of the layers that are asked for, by path.
  run({ image, paths }, progress) {
    values = Engine.run(network, image, progress);
    const shown = network.layers.filter(({ path }) => paths.includes(path));
    return { outputs: outputsOf(values), maps: Object.fromEntries(shown.map(({ path, value }) => [path, values[value].slice()])) };
  },

  // The outputs for each of several images; the values of `run` stay.
  outputs: ({ images }) => ({ outputs: images.map((image) => outputsOf(Engine.run(network, image))) }),

  // Heat at each pixel of the image of the last `run`, null where the head does not depend on the layer.
  heat({ path, head, index, method }, progress) {
    const layer = network.layers.find((other) => other.path === path), explained = network.heads.find(({ name }) => name === head);
    const map = Heat.heatmap(network, values, layer, explained, index, method, progress);
    return { map: map && Heat.placed(network, layer, map) };
  },

  // The filter of a channel, (height, width, channels), if the layer is a convolution of the image, scaled or not; else null.
  kernel({ path, channel }) {
    const operation = network.operations[network.layers.find((other) => other.path === path).value];
    const seesImage = operation.kind === "convolution" && String(network.operations[operation.from[0]].shape) === String(network.input);
    if (!seesImage) return { kernel: null };
    const { kernel } = operation.arrays, filters = operation.shape[2];
    return { kernel: kernel.filter((_, at) => at % filters === channel), window: operation.window };
  },
};

const outputsOf = (computed) => Object.fromEntries(network.heads.map((head) => [head.name, Heat.outputs(head, computed)]));

onmessage = ({ data: { number, kind, ...message } }) => {
  let told = performance.now();
  const progress = (done, total) => {
    if (performance.now() - told < 100) return;
    told = performance.now();
    postMessage({ number, done, total });
  };
  try {
    const answer = ANSWERS[kind](message, progress);
    postMessage({ number, answer }, Object.values(answer.maps ?? {}).map(({ buffer }) => buffer)); // copies of ours: handed over
  } catch (error) {
    postMessage({ number, error: String(error) });
  }
};
