"use strict";
// Functions of one number, which are activation functions, and of two, and their derivatives: the `how` of an operation.

const Functions = (() => {
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

  // [function of x, its derivative from x and y], for the settings of an operation: read once, and not for each number.
  const ACTIVATIONS = {
    relu: ({ slope, threshold, maximum }) => { // a line of another slope below the threshold, constant above the maximum
      const top = maximum ?? Infinity;
      return [
        (x) => (x < threshold ? slope * (x - threshold) : x > top ? top : x),
        (x) => (x <= threshold ? slope : x < top ? 1 : 0),
      ];
    },
    elu: ({ alpha }) => [(x) => (x > 0 ? x : alpha * Math.expm1(x)), (x, y) => (x > 0 ? 1 : y + alpha)],
    selu: () => [(x) => SELU[0] * (x > 0 ? x : SELU[1] * Math.expm1(x)), (x, y) => (x < 0 ? y + SELU[0] * SELU[1] : SELU[0])],
    gelu: () => [(x) => x * (1 + erf(x / Math.SQRT2)) / 2, (x) => (1 + erf(x / Math.SQRT2)) / 2 + x * normal(x)],
    gelu_approximate: () => [
      (x) => x * approximate(x),
      (x) => approximate(x) * (1 + x * (1 - approximate(x)) * ramp * (1 + 3 * 0.044715 * x * x)),
    ],
    silu: () => [(x) => x * sigmoid(x), (x, y) => y + sigmoid(x) * (1 - y)],
    sigmoid: () => [sigmoid, (x, y) => y * (1 - y)],
    tanh: () => [Math.tanh, (x, y) => 1 - y * y],
    softplus: () => [softplus, sigmoid],
    softsign: () => [(x) => x / (1 + Math.abs(x)), (x) => 1 / (1 + Math.abs(x)) ** 2],
    exponential: () => [Math.exp, (x, y) => y],
    hard_sigmoid: () => [(x) => clip(x / 6 + 0.5), (x) => (x > -3 && x < 3 ? 1 / 6 : 0)],
    hard_silu: () => [(x) => x * clip(x / 6 + 0.5), (x) => (x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5)],
    mish: () => [
      (x) => x * Math.tanh(softplus(x)),
      (x) => Math.tanh(softplus(x)) + x * (1 - Math.tanh(softplus(x)) ** 2) * sigmoid(x),
    ],
  };

  // [function of two numbers, the gradients of both]; of equal numbers the first is the maximum, as in TensorFlow.
  const PAIRS = {
    add: [(x, y) => x + y, () => 1, () => 1],
    subtract: [(x, y) => x - y, () => 1, () => -1],
    multiply: [(x, y) => x * y, (x, y) => y, (x) => x],
    divide: [(x, y) => x / y, (x, y) => 1 / y, (x, y) => -x / (y * y)],
    maximum: [(x, y) => Math.max(x, y), (x, y) => Number(x >= y), (x, y) => Number(x < y)],
    minimum: [(x, y) => Math.min(x, y), (x, y) => Number(x <= y), (x, y) => Number(x > y)],
  };

  return { ACTIVATIONS, PAIRS };
})();
