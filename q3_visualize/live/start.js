"use strict";
// Starts the page of one network, which live.py wrote.

const { network, examples, expected } = JSON.parse(document.getElementById("data").textContent);
const looking = new Looking(document.getElementById("network"), document.getElementById("layers"), network);
new Pictures(document.getElementById("inputs"), looking, examples);

// Says how far the outputs for the first example lie from those that Keras computed when the page was made.
looking.service.ask("outputs", { images: examples.slice(0, 1).map(({ image }) => Engine.bytes(image)) }).then(({ outputs }) => {
  const differences = network.heads.flatMap(({ name }) => expected[name].map((value, index) => Math.abs(value - outputs[0][name][index])));
  const most = Math.max(...differences), right = most < 1e-3;
  document.getElementById("check").textContent = right
    ? `The outputs for ${examples[0].name} are those of Keras, to ${most.toExponential(0)}.`
    : `Careful: the outputs for ${examples[0].name} differ from those of Keras by ${most.toExponential(1)}.`;
});
