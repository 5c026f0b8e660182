"""A recipe in names and numbers, as metrics.json has it: what the weights depend on but data, epochs, batch size and seed."""

import inspect
from dataclasses import fields, is_dataclass
from functools import partial

import numpy as np

# Settings of layers that are left out, since nearly all layers have them.
USUAL = {
    "trainable": True, "dtype": {"DTypePolicy": {"name": "float32"}}, "sparse": False, "ragged": False, "optional": False,
}  # fmt: skip


def description(recipe, model, drawn=()):
    """A `training.recipe.Recipe` and the network that it gave, described: a dict that JSON can hold.

    model: what `Recipe.compiled` gave, after `keras.backend.clear_session`, for Keras numbers the layers that have no name.
    drawn: seeds that Keras drew for it (see `training.seeding.drawn_from`), which are of the run and not of the recipe.
    Names of files and modules are not in it: code that is moved makes no other network.
    """
    from common.quiet import keras

    serialized = keras.saving.serialize_keras_object
    config = model.get_config()
    layers = config.get("layers") or [{"class_name": type(model).__name__, "config": config}]
    outputs = {"outputs": _call(config["output_layers"])} if "output_layers" in config else {}
    return {
        "layers": [_layer(one, drawn) for one in layers],
        **outputs,
        "optimizer": _plain(serialized(model.optimizer)),
        "loss": keras.tree.map_structure(
            lambda loss: _plain(serialized(loss)) if isinstance(loss, keras.losses.Loss | str) else _function(loss), recipe.loss
        ),
        "loss_weights": recipe.loss_weights,
        "augmentation": _function(recipe.augment),
    }


def differences(then, now, path=""):
    """Where two descriptions differ, as text: ["augmentation.Deformation.rotation: 12.0, now 60.0"], for example."""
    if isinstance(then, dict) and isinstance(now, dict):
        inner = ((f"{path}.{key}".strip("."), then.get(key), now.get(key)) for key in {**then, **now})
        return [line for name, *pair in inner for line in differences(*pair, name)]
    if isinstance(then, list | tuple) and isinstance(now, list | tuple) and len(then) == len(now):
        names = (one["name"] if isinstance(one, dict) and "name" in one else number for number, one in enumerate(now))
        return [line for name, *pair in zip(names, then, now) for line in differences(*pair, f"{path}.{name}".strip("."))]
    return [] if then == now else [f"{path}: {_short(then)}, now {_short(now)}"]


def _short(value):
    return f"{len(value)} entries" if isinstance(value, dict | list | tuple) else value


def _layer(one, drawn):
    """A serialized layer: name, class and settings, and where the model is no plain sequence what goes into it."""
    config = one["config"]
    if "layers" in config:  # a model inside the model
        settings = {"layers": [_layer(part, drawn) for part in config["layers"]]}
    else:
        settings = {key: value for key, value in _plain(config).items() if USUAL.get(key) != value and key != "name"}
        settings = {key: value for key, value in settings.items() if key != "seed" or value not in drawn}
    calls = [_call([call["args"], call["kwargs"]]) for call in one.get("inbound_nodes", [])]
    name = {"name": config["name"]} if "name" in config else {}
    return {**name, "class": one["class_name"], **settings, **({"inputs": calls} if calls else {})}


def _call(value):
    """The arguments of a call, or a model's outputs, as serialized, with the names of the layers that tensors come from."""
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        return _call(value["config"]["keras_history"])
    if isinstance(value, list | tuple) and len(value) == 3 and isinstance(value[0], str) and isinstance(value[1], int):
        name, *place = value  # of which call of the layer, and which of its outputs
        return name if place == [0, 0] else [name, *place]
    if isinstance(value, dict):
        return {key: _call(one) for key, one in value.items() if one is not None}
    if isinstance(value, list | tuple):
        parts = [part for part in map(_call, value) if part not in ({}, [])]
        return parts[0] if len(parts) == 1 else parts
    return value


def _plain(value):
    """A serialized Keras object without what it says of modules and without what is not set: "ReLU" or {"L2": {"l2": 0.1}}."""
    if isinstance(value, dict) and {"class_name", "config"} <= value.keys():
        inner = _plain(value["config"])
        if value["class_name"] == "function":
            return inner
        return {value["class_name"]: inner} if inner else value["class_name"]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items() if one is not None}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def _function(function, met=()):
    """A function with the numbers that it uses: {name: {parameter: value}}; None for none.

    They are the fields of a dataclass, the attributes of another object, the defaults of a function's parameters and what a
    `functools.partial` fills in, and the variables around a function that it reads; functions among them are described as
    well where they are of the same module. met: functions that are being described.
    """
    if function is None:
        return None
    filled = {}
    if isinstance(function, partial):
        filled = {**function.keywords, **({"arguments": function.args} if function.args else {})}
        function = function.func
    owner = getattr(function, "__self__", None)
    if owner is not None and not inspect.ismodule(owner):  # a method
        filled = {**_attributes(owner), **filled}
    if not hasattr(function, "__code__"):
        name = getattr(function, "__name__", type(function).__name__)
        return {name: _value({**_attributes(function), **filled}, met)}
    around = inspect.getclosurevars(function)
    variables = {**around.globals, **around.nonlocals}
    numbers = {key: value for key, value in variables.items() if _counts(value, (*met, function))}
    parameters = inspect.signature(function).parameters.items()
    defaults = {key: one.default for key, one in parameters if one.default is not inspect.Parameter.empty}
    return {function.__name__: _value({**numbers, **defaults, **filled}, (*met, function))}


def _counts(value, met):
    """Whether a variable that the last of some functions reads may change what it does: a number, or another of its module."""
    if callable(value):
        of_its_module = getattr(value, "__module__", None) == met[-1].__module__
        return of_its_module and not isinstance(value, type) and not any(value is one for one in met)
    return isinstance(value, bool | int | float | str | list | tuple | dict | np.generic | np.ndarray)


def _attributes(one):
    """The fields of a dataclass, or the public attributes of another object: a dict."""
    if is_dataclass(one):
        return {field.name: getattr(one, field.name) for field in fields(one)}
    return {key: value for key, value in getattr(one, "__dict__", {}).items() if not key.startswith("_")}


def _value(value, met=()):
    """A value as JSON can hold it."""
    if isinstance(value, dict):
        return {str(key): _value(one, met) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_value(one, met) for one in value]
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if callable(value):
        return _function(value, met)
    return value if isinstance(value, bool | int | float | None) else str(value)
