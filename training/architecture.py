"""What a network is made of, in words for a figure."""

from common.quiet import keras

BEGINNINGS = (keras.layers.Conv2D, keras.layers.Dense)


def heads(model: keras.Model) -> list[str]:
    """Return the names of a network's heads, in their order; none for a network with a single output."""
    return list(model.output) if len(model.outputs) > 1 else []


def stages(model: keras.Model) -> tuple[list[dict], dict[str, list[dict]]]:
    """List the layers of a network in stages: those that all outputs share, and those of each head.

    A stage begins with a convolution, a dense layer or a new shape, and has the keys shape (of its output for one image),
    layers (a text for each) and parameters. The layers of a head are named after it, "angle" or "angle_fc1".
    """
    own = {head: [] for head in heads(model)}
    shared = [{"shape": model.input_shape[1:], "layers": ["image"], "parameters": 0}]
    for layer in model.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        path = next((path for head, path in own.items() if f"{layer.name}_".startswith(f"{head}_")), shared)
        if not path or isinstance(layer, BEGINNINGS) or path[-1]["shape"] != layer.output.shape[1:]:
            path.append({"shape": layer.output.shape[1:], "layers": [], "parameters": 0})
        path[-1]["layers"].append(_in_words(layer))
        path[-1]["parameters"] += layer.count_params()
    return shared, own


def _in_words(layer):
    """Return a layer's name, and its settings on a second line: "conv1" and "32 filters 7 × 7, stride 1", for example."""
    if isinstance(layer, keras.layers.Conv2D):
        height, width = layer.kernel_size
        return f"{layer.name}\n{layer.filters} filters {height} × {width}, stride {layer.strides[0]}"
    if isinstance(layer, keras.layers.MaxPooling2D):
        return f"{layer.name}\n{layer.pool_size[0]} × {layer.pool_size[1]}, stride {layer.strides[0]}"
    if isinstance(layer, keras.layers.Dense):
        activation = "" if layer.activation is keras.activations.linear else f", {layer.activation.__name__}"
        return f"{layer.name}\n{layer.units:,} neuron{'s' * (layer.units > 1)}{activation}"
    return layer.name
