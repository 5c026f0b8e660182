"use strict";
// Class activation maps of a network that engine.js runs: the methods of heatmaps.py, which names their papers.

const Heat = (() => {
  const { run, gradient } = Engine;
  const SCORED = 128; // channels that Score-CAM looks through, those that vary most

  // The scores of a head's classes: of one neuron its two signs.
  function scores(head, values) {
    const logits = Array.from(values[head.logits]);
    return head.binary ? [-logits[0], logits[0]] : logits;
  }

  // A head's output for each class: probabilities, or other values.
  function outputs(head, values) {
    let result = Array.from(values[head.output]);
    if (head.kind === "logits") {
      const top = Math.max(...result), powers = result.map((value) => Math.exp(value - top)), sum = powers.reduce((a, b) => a + b);
      result = head.binary ? [1 / (1 + Math.exp(-result[0]))] : powers.map((power) => power / sum);
    }
    return head.binary ? [1 - result[0], result[0]] : result;
  }

  function gradientOf(network, values, layer, head, index) {
    const seed = new Float32Array(values[head.logits].length);
    seed[head.binary ? 0 : index] = head.binary && index === 0 ? -1 : 1;
    return gradient(network, values, head.logits, seed, layer.value);
  }

  // Sums over the channels of weigh(feature, gradient, channel) at each place.
  function summed(features, gradients, channels, weigh) {
    const map = new Float32Array(features.length / channels);
    features.forEach((feature, at) => { map[Math.floor(at / channels)] += weigh(feature, gradients[at], at % channels); });
    return map;
  }

  // Sums over the places of each channel.
  function perChannel(values, channels, of) {
    const sums = new Float64Array(channels);
    values.forEach((value, at) => { sums[at % channels] += of(value, at); });
    return sums;
  }

  const METHODS = {
    gradcam: "Grad-CAM", hirescam: "HiResCAM", "gradcam++": "Grad-CAM++", layercam: "LayerCAM", scorecam: "Score-CAM", refinecam: "RefineCAM",
  };

  const BY_GRADIENT = {
    gradcam(features, gradients, channels) {
      const weights = perChannel(gradients, channels, (value) => (value * channels) / gradients.length);
      return summed(features, gradients, channels, (feature, _, channel) => feature * weights[channel]);
    },
    hirescam: (features, gradients, channels) => summed(features, gradients, channels, (feature, slope) => feature * slope),
    "gradcam++"(features, gradients, channels) {
      const totals = perChannel(features, channels, (feature) => Math.max(feature, 0));
      const weights = perChannel(gradients, channels, (slope, at) => {
        const below = 2 * slope ** 2 + totals[at % channels] * slope ** 3;
        return below ? (slope ** 2 / below) * Math.max(slope, 0) : 0;
      });
      return summed(features, gradients, channels, (feature, _, channel) => feature * weights[channel]);
    },
    layercam: (features, gradients, channels) => summed(features, gradients, channels, (feature, slope) => feature * Math.max(slope, 0)),
  };

  // How much each cell of a map counts at each of the positions 0, 1, ... along an axis, as [cell, next cell, share of the next].
  function along([start, stride], cells, positions) {
    return positions.map((position) => {
      const place = Math.min(Math.max((position - start) / stride, 0), cells - 1), low = Math.min(Math.floor(place), Math.max(cells - 2, 0));
      return [low, Math.min(low + 1, cells - 1), place - low];
    });
  }

  // A map at other positions: at each pixel of the image, for example.
  function resampled(map, [rows, columns], grids, positions) {
    const [down, right] = grids.map((grid, axis) => along(grid, [rows, columns][axis], positions[axis]));
    const result = new Float32Array(down.length * right.length);
    down.forEach(([top, bottom, lower], y) => right.forEach(([left, other, further], x) => {
      const row = (cell) => map[cell * columns + left] * (1 - further) + map[cell * columns + other] * further;
      result[y * right.length + x] = row(top) * (1 - lower) + row(bottom) * lower;
    }));
    return result;
  }

  const counted = (length) => Array.from({ length }, (_, at) => at);
  const placed = (network, layer, map) => resampled(map, layer.shape, layer.grids, network.input.slice(0, 2).map(counted));

  // By how well the network still sees the class through each channel's map.
  function scorecam(network, values, layer, head, index, progress) {
    const features = values[layer.value], [rows, columns, channels] = layer.shape, places = rows * columns;
    const channel = (number) => Float32Array.from({ length: places }, (_, at) => features[at * channels + number]);
    const spread = (number) => {
      const map = channel(number), mean = map.reduce((sum, value) => sum + value, 0) / places;
      return map.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    };
    const looked = counted(channels).sort((one, other) => spread(other) - spread(one)).slice(0, SCORED);
    const image = values[network.scaled], colors = network.input[2], scored = looked.map((number, done) => {
      const map = channel(number), low = Math.min(...map), high = Math.max(...map);
      const mask = placed(network, layer, map.map((value) => (high > low ? (value - low) / (high - low) : 0)));
      progress(done + 1, looked.length);
      const masked = image.map((value, at) => value * mask[Math.floor(at / colors)]);
      return scores(head, run(network, masked, undefined, network.scaled))[index];
    });
    const top = Math.max(...scored), powers = scored.map((score) => Math.exp(score - top)), sum = powers.reduce((a, b) => a + b);
    const map = new Float32Array(places);
    looked.forEach((number, rank) => channel(number).forEach((value, at) => { map[at] += (value * powers[rank]) / sum; }));
    return map;
  }

  // Grad-CAM++ maps of a layer and of coarser ones after it, each cut at 0 and scaled to a maximum of 1, multiplied.
  function refinecam(network, values, layer, head, index) {
    const positions = layer.grids.map(([start, stride], axis) => counted(layer.shape[axis]).map((cell) => start + stride * cell));
    let product = new Float32Array(layer.shape[0] * layer.shape[1]).fill(1);
    for (const path of layer.stages) {
      const stage = network.layers.find((other) => other.path === path), gradients = gradientOf(network, values, stage, head, index);
      if (!gradients) continue; // a branch to another head
      const map = BY_GRADIENT["gradcam++"](values[stage.value], gradients, stage.shape[2]).map((value) => Math.max(value, 0));
      const top = map.reduce((one, other) => Math.max(one, other), 1e-38);
      const moved = resampled(map.map((value) => value / top), stage.shape, stage.grids, positions);
      product = product.map((value, at) => value * moved[at]);
    }
    return product;
  }

  // Returns the signed map of a class, of the size of the layer's map, or null where the head does not depend on the layer.
  function heatmap(network, values, layer, head, index, method, progress = () => {}) {
    const gradients = gradientOf(network, values, layer, head, index);
    if (!gradients) return null;
    if (method === "scorecam") return scorecam(network, values, layer, head, index, progress);
    if (method === "refinecam") return refinecam(network, values, layer, head, index);
    return BY_GRADIENT[method](values[layer.value], gradients, layer.shape[2]);
  }

  return { METHODS, scores, outputs, heatmap, placed };
})();
