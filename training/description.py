"""A recipe in names and numbers, for metrics.json: what weights depend on besides data, epochs, batch size and seed."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from common.quiet import keras
    from training.recipe import Recipe

# Settings of layers that are left out, since nearly all layers have them.
USUAL = {
    "trainable": True, "dtype": {"DTypePolicy": {"name": "float32"}}, "sparse": False, "ragged": False, "optional": False,
}  # fmt: skip


def description(recipe: Recipe, model: keras.Model, drawn: Sequence[int] = ()) -> dict:
    """Describe a recipe and its network as a dict that JSON can hold.

    It has no names of files and modules: code that is moved makes no other network.

    Parameters
    ----------
    recipe, model
        The recipe, and what `Recipe.compiled` gave inside `common.keras_private.numbering_names_anew`.
    drawn
        Seeds that Keras drew for it (see `training.seeding.drawn_from`), which belong to the run and not to the recipe.
    """
    from common.quiet import keras

    serialized = keras.saving.serialize_keras_object
    config = model.get_config()
    layers = config.get("layers") or [{"class_name": type(model).__name__, "config": config}]
    outputs = {"outputs": _call(config["output_layers"])} if "output_layers" in config else {}
    return {
        "layers": [_layer(layer, drawn) for layer in layers],
        **outputs,
        "optimizer": _plain(serialized(model.optimizer)),
        "loss": keras.tree.map_structure(
            lambda loss: _plain(serialized(loss)) if isinstance(loss, keras.losses.Loss | str) else _function(loss), recipe.loss
        ),
        "loss_weights": recipe.loss_weights,
        "augmentation": _function(recipe.augment),
    }


def differences(then: object, now: object, path: str = "") -> list[str]:
    """Return where two descriptions differ, as text: ["augmentation.Deformation.rotation: 12.0, now 60.0"], for example."""
    if isinstance(then, dict) and isinstance(now, dict):
        parts = [(key, then.get(key), now.get(key)) for key in {**then, **now}]
    elif isinstance(then, list | tuple) and isinstance(now, list | tuple) and len(then) == len(now):
        names = (part["name"] if isinstance(part, dict) and "name" in part else number for number, part in enumerate(now))
        parts = zip(names, then, now)
    else:
        return [] if then == now else [f"{path}: {_short(then)}, now {_short(now)}"]
    return [line for name, *pair in parts for line in differences(*pair, f"{path}.{name}".strip("."))]


def _short(value):
    return f"{len(value)} entries" if isinstance(value, dict | list | tuple) else value


def _layer(layer, drawn):
    """Return name, class and settings of a serialized layer; in a functional model also where its inputs come from."""
    config = layer["config"]
    if "layers" in config:  # a model inside the model
        settings = {"layers": [_layer(part, drawn) for part in config["layers"]]}
    else:
        settings = {key: value for key, value in _plain(config).items() if USUAL.get(key) != value and key != "name"}
        settings = {key: value for key, value in settings.items() if key != "seed" or value not in drawn}
    calls = [_call([call["args"], call["kwargs"]]) for call in layer.get("inbound_nodes", [])]
    name = {"name": config["name"]} if "name" in config else {}
    return {**name, "class": layer["class_name"], **settings, **({"inputs": calls} if calls else {})}


def _call(value):
    """Return the serialized arguments of a call, or a model's outputs, with layers' names in the place of tensors."""
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        return _call(value["config"]["keras_history"])
    if isinstance(value, list | tuple) and len(value) == 3 and isinstance(value[0], str) and isinstance(value[1], int):
        name, *place = value  # of which call of the layer, and which of its outputs
        return name if place == [0, 0] else [name, *place]
    if isinstance(value, dict):
        return {key: _call(entry) for key, entry in value.items() if entry is not None}
    if isinstance(value, list | tuple):
        parts = [part for part in map(_call, value) if part not in ({}, [])]
        return parts[0] if len(parts) == 1 else parts
    return value


def _plain(value):
    """Return a serialized Keras object without modules and settings that are None: "ReLU" or {"L2": {"l2": 0.1}}."""
    if isinstance(value, dict) and {"class_name", "config"} <= value.keys():
        inner = _plain(value["config"])
        return inner if value["class_name"] == "function" else {value["class_name"]: inner} if inner else value["class_name"]
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items() if entry is not None}
    return [_plain(entry) for entry in value] if isinstance(value, list | tuple) else value


def _function(function, outer=()):
    """Describe a function by the numbers that it uses: {name: {parameter: value}}; None for none.

    They are the fields of a dataclass, the attributes of another object, the defaults of parameters, what a
    `functools.partial` fills in, and the variables of its module or of a function around it that it reads; functions of the
    same module among them are described too. `outer`: the functions whose description needs this one.
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
        return {name: _value({**_attributes(function), **filled}, outer)}
    outer = (*outer, function)
    around = inspect.getclosurevars(function)
    numbers = {name: value for name, value in {**around.globals, **around.nonlocals}.items() if _counts(value, outer)}
    parameters = inspect.signature(function).parameters.items()
    defaults = {name: part.default for name, part in parameters if part.default is not inspect.Parameter.empty}
    return {function.__name__: _value({**numbers, **defaults, **filled}, outer)}


def _counts(value, outer):
    """Whether a variable that a function, the last of `outer`, reads may change what it does: numbers, functions beside it."""
    if callable(value):
        beside = getattr(value, "__module__", None) == outer[-1].__module__
        return beside and not isinstance(value, type) and not any(value is function for function in outer)
    return isinstance(value, bool | int | float | str | list | tuple | dict | np.generic | np.ndarray)


def _attributes(owner):
    """Return the fields of a dataclass, or the public attributes of another object: a dict."""
    if is_dataclass(owner):
        return {field.name: getattr(owner, field.name) for field in fields(owner)}
    return {name: value for name, value in getattr(owner, "__dict__", {}).items() if not name.startswith("_")}


def _value(value, outer=()):
    """Return a value as JSON can hold it; a function described."""
    if isinstance(value, dict):
        return {str(key): _value(entry, outer) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_value(entry, outer) for entry in value]
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if callable(value):
        return _function(value, outer)
    return value if isinstance(value, bool | int | float | None) else str(value)
