"""What is random in a network, from a seed."""

import numpy as np


def seed_layers(model, seed):
    """Draws the initial weights of a model, and what its random layers draw from, anew: from `seed` alone.

    Keras itself draws a seed for each layer from Python's one generator, which every other thread of the process draws from
    too, those of a Dask worker for example.
    """
    for number, layer in enumerate(model.layers):
        own = int(np.random.SeedSequence([seed, number]).generate_state(1)[0]) % 10**9
        if hasattr(layer, "kernel_initializer"):
            config = {**layer.kernel_initializer.get_config(), "seed": own}
            initializer = layer.kernel_initializer.from_config(config)
            layer.kernel.assign(initializer(layer.kernel.shape, layer.kernel.dtype))
        if hasattr(layer, "seed_generator"):
            layer.seed_generator.state.assign([own, 0])
