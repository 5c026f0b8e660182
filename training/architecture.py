"""What a network is made of, in words for a figure."""

from training.quiet import keras


def heads(model):
    """The names of a network's heads, in their order; none for a network with a single output."""
    return list(model.output) if len(model.outputs) > 1 else []


def stages(model):
    """The layers of a network from its input to its output, in stages that keep one shape.

    A stage is a dict: shape (of its output for one picture, without the batch), layers (a line of words each) and
    parameters. Returns the stages that all outputs share, a list, and those of each head, a dict of lists; the layers of a
    head are called after it, "angle" or "angle_fc1". A network with a single output has no heads.
    """
    own = {head: [] for head in heads(model)}
    shared = [{"shape": model.input_shape[1:], "layers": ["picture"], "parameters": 0}]
    for layer in model.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        path = next((path for head, path in own.items() if f"{layer.name}_".startswith(f"{head}_")), shared)
        if not path or path[-1]["shape"] != layer.output.shape[1:]:
            path.append({"shape": layer.output.shape[1:], "layers": [], "parameters": 0})
        path[-1]["layers"].append(_in_words(layer))
        path[-1]["parameters"] += layer.count_params()
    return shared, own


def _in_words(layer):
    """ "conv1: 32 of 7 × 7, stride 1", for example; the name alone where it says enough."""
    if isinstance(layer, keras.layers.Conv2D):
        height, width = layer.kernel_size
        return f"{layer.name}: {layer.filters} of {height} × {width}, stride {layer.strides[0]}"
    if isinstance(layer, keras.layers.MaxPooling2D):
        return f"{layer.name}: largest of {layer.pool_size[0]} × {layer.pool_size[1]}"
    if isinstance(layer, keras.layers.Dense):
        activation = layer.activation.__name__
        return f"{layer.name}: {layer.units:,} {'neurons' if activation == 'linear' else activation}"
    return layer.name
