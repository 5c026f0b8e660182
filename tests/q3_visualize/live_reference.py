"""What a page computes of a network with live/engine.js and live/heat.js, and the same by Keras, for the tests to compare."""

import base64
import contextlib
import json

import numpy as np

from common.quiet import tensorflow
from q3_visualize import heads
from q3_visualize.choices import METHODS
from q3_visualize.heatmaps import heatmaps
from tests.conftest import ROOT

LIVE = ROOT / "q3_visualize/live"
IMAGE = "the image"  # stands for its path, which no layer has
# For networks, [{network: JSON, image, explained: [[head, class]], methods}], [[what, path, array in base64, or null]] of each.
COMPUTE = """cases => {
  const coded = (numbers) => {
    const bytes = new Uint8Array(Float32Array.from(numbers).buffer);
    let letters = "";
    for (const byte of bytes) letters += String.fromCharCode(byte);
    return btoa(letters);
  };
  return cases.map(({ network: lowered, image, explained, methods }) => {
    const network = Engine.load(JSON.parse(lowered)), values = Engine.run(network, image), layers = network.layers;
    const results = layers.map((layer) => ["value", layer.path, coded(values[layer.value])]);
    for (const [name, index] of explained) {
      const head = network.heads.find((one) => one.name === name), seed = new Float32Array(values[head.logits].length);
      seed[head.binary ? 0 : index] = head.binary && index === 0 ? -1 : 1;
      results.push(["output", name, coded(Heat.outputs(head, values))]);
      for (const layer of [{ path: IMAGE, value: network.scaled }, ...layers.filter((one) => one.map)]) {
        const gradient = Engine.gradient(network, values, head.logits, seed, layer.value);
        results.push([`gradient of ${name}`, layer.path, gradient && coded(gradient)]);
        for (const method of layer.map ? methods : []) {
          const map = Heat.heatmap(network, values, layer, head, index, method);
          results.push([`${method} of ${name}`, layer.path, map && coded(map)]);
        }
      }
    }
    return results;
  });
}""".replace("IMAGE", repr(IMAGE))


def opened(browser):
    """A tab with the engine."""
    tab = browser.new_page()
    for name in ("functions.js", "engine.js", "heat.js"):
        tab.add_script_tag(content=(LIVE / name).read_text(encoding="utf-8"))
    return tab


def explained(network):
    """The heads that a page has, each with a class; of two classes that of the negative sign."""
    return [(head.name, (len(head.class_names) - 1) // 2) for head in network.heads.values() if not head.places]


def by_page(tab, cases, methods=METHODS):
    """For cases (network, lowered network, image): {(what, path): array or None} each."""
    given = [
        {"network": json.dumps(lowered, allow_nan=False), "image": image.ravel().tolist(), "explained": explained(network),
         "methods": methods}
        for network, lowered, image in cases
    ]  # fmt: skip
    return [{(what, path): _array(text) for what, path, text in results} for results in tab.evaluate(COMPUTE, given)]


def _array(text):
    return None if text is None else np.frombuffer(base64.b64decode(text), "<f4")


@contextlib.contextmanager
def eagerly():
    """Without compiling: hundreds of functions would each be called for one image."""
    tensorflow.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tensorflow.config.run_functions_eagerly(False)


@eagerly()
def by_keras(network, image, methods=METHODS):
    """What `by_page` returns, of one image, uint8 (1, height, width, channels)."""
    given = tensorflow.constant(network.inputs(image))
    with tensorflow.GradientTape(persistent=True) as tape:
        tape.watch(given)
        steps, outputs = network.trace(given, tape=tape)
        scores = {
            name: heads.logits(network.heads[name], steps, outputs[name])[0, 0, index] for name, index in explained(network)
        }
    results = {("value", path): np.asarray(step.output) for path, step in steps.items()}
    maps, predicted = network.maps(), network.predict(image)
    for name, index in explained(network):
        results["output", name] = predicted[name][0]
        sources = [given, *(steps[path].output for path in maps)]
        for path, gradient in zip((IMAGE, *maps), tape.gradient(scores[name], sources)):
            results[f"gradient of {name}", path] = None if gradient is None else gradient.numpy()
            for method in methods if path != IMAGE else ():
                map_ = None if gradient is None else heatmaps(network, image, path, head=name, classes=index, method=method)[0]
                results[f"{method} of {name}", path] = map_
    return results


def difference(found, expected, least=1e-12):
    """The largest difference relative to the largest number that is expected, or `least`; infinite if only one is None."""
    if found is None or expected is None:
        return 0.0 if found is expected else np.inf
    if found.size != expected.size or not np.isfinite(found).all():
        return np.inf
    return float(np.abs(found - expected.ravel()).max() / max(np.abs(expected).max(), least))


def differences(found, expected):
    """By (what, path): the `difference`, for all that either has.

    A gradient counts as a thousandth of the largest with respect to any layer at least: it is 0 but for rounding where a layer
    takes away what another has added.
    """
    least = {}
    for (what, _), array in expected.items():
        if what.startswith("gradient") and array is not None:
            least[what] = max(least.get(what, 1e-12), 1e-3 * np.abs(array).max())
    return {
        key: difference(found.get(key), expected.get(key), least.get(key[0], 1e-12)) for key in found.keys() | expected.keys()
    }


def too_large(differences):
    """Those of values above 1e-4, and of gradients and heatmaps above 1e-3."""
    return {key: apart for key, apart in differences.items() if not apart < (1e-4 if key[0] in ("value", "output") else 1e-3)}
