"""Optimizers, each a function of the number of steps of the whole training, on which its learning rate may depend."""

from collections.abc import Callable

from common.quiet import keras


def adam(_: int) -> keras.Optimizer:
    """Return Adam with Keras' defaults, at a constant learning rate of 0.001."""
    return keras.optimizers.Adam()


def one_cycle_adam(peak: float) -> Callable[[int], keras.Optimizer]:
    """Return a function that makes Adam with the learning rate `one_cycle`."""
    return lambda steps: keras.optimizers.Adam(one_cycle(peak, steps))


def one_cycle(peak: float, steps: int, warm_up: float = 0.2) -> keras.optimizers.schedules.LearningRateSchedule:
    """Return a learning rate that climbs linearly for a share `warm_up` of the steps, then falls to `peak` / 1000 as a cosine.

    References
    ----------
    Smith and Topin, Super-Convergence, arXiv 1708.07120.
    Loshchilov and Hutter, SGDR, arXiv 1608.03983: the cosine.
    """
    climb = int(warm_up * steps)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=peak / 20, warmup_target=peak, warmup_steps=climb, decay_steps=steps - climb, alpha=1e-3
    )
