"""Optimizers, each a function of the number of steps that the whole training takes: its learning rate may hang on it."""

from common.quiet import keras


def adam(_):
    """Adam as Keras has it, at a constant 0.001."""
    return keras.optimizers.Adam()


def one_cycle_adam(peak):
    """Adam whose learning rate is `one_cycle`."""
    return lambda steps: keras.optimizers.Adam(one_cycle(peak, steps))


def one_cycle(peak, steps, warm_up=0.2):
    """A learning rate that climbs to `peak` over the first fifth of the steps and falls to nothing along a cosine.

    After Smith and Topin, arXiv 1708.07120, with the cosine of Loshchilov and Hutter, arXiv 1608.03983.
    """
    climb = int(warm_up * steps)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=peak / 20, warmup_target=peak, warmup_steps=climb, decay_steps=steps - climb, alpha=1e-3
    )
