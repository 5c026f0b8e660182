"""What differs from one network to the next: how it is built, and how it is trained."""

import inspect
from collections.abc import Callable
from dataclasses import asdict, dataclass, is_dataclass, replace
from functools import partial

from training.optimizers import adam

# Settings of layers that are left out of a description: nearly all have them.
USUAL = {
    "trainable": True, "dtype": {"DTypePolicy": {"name": "float32"}}, "sparse": False, "ragged": False, "optional": False,
}  # fmt: skip
NUMBERS = (bool, int, float, str, tuple)


@dataclass(frozen=True)
class Recipe:
    """A network and its training.

    build: function of the shape of a picture, (height, width, channels), to a Keras model.
    targets: TensorFlow function from class indices (b,) to what the losses take.
    loss, metrics, loss_weights: as `keras.Model.compile` takes them.
    optimizer: function of the number of steps of the whole training to a Keras optimizer, see `training.optimizers`.
    augment: see `training.loop.train`.
    """

    build: Callable
    targets: Callable
    loss: object
    metrics: object
    epochs: int
    batch_size: int
    optimizer: Callable = adam
    loss_weights: dict | None = None
    augment: Callable | None = None

    def adapted(self, **changes):
        """This recipe with other values for the fields that are given and not None."""
        return replace(self, **{field: value for field, value in changes.items() if value is not None})

    def compiled(self, input_shape, pictures):
        """The network for pictures of a shape, (height, width, channels), and so many of them to train on; compiled."""
        model = self.build(input_shape)
        steps = self.epochs * -(-pictures // self.batch_size)
        model.compile(self.optimizer(steps), self.loss, loss_weights=self.loss_weights, metrics=self.metrics)
        return model

    def described(self, model):
        """All that the weights depend on but data, epochs, batch size and seed: names and numbers in a dict that JSON can hold.

        model: what `compiled` gave, after `keras.backend.clear_session`, for Keras numbers the layers that have no name. Names
        of files and modules are not in it: code that is moved makes no other network.
        """
        from training.quiet import keras

        described = keras.saving.serialize_keras_object
        return {
            "layers": [_layer(one) for one in model.get_config()["layers"]],
            "optimizer": _plain(described(model.optimizer)),
            "loss": _plain(described(self.loss)),
            "loss_weights": self.loss_weights,
            "augmentation": _function(self.augment),
        }


def differences(then, now, path=""):
    """Where two descriptions differ, as text: ["augmentation.Deformation.rotation: 12.0, now 60.0"], for example."""
    if isinstance(then, dict) and isinstance(now, dict):
        return [
            line for key in {**then, **now} for line in differences(then.get(key), now.get(key), f"{path}.{key}".strip("."))
        ]
    if isinstance(then, list | tuple) and isinstance(now, list | tuple) and len(then) == len(now):
        names = (one["name"] if isinstance(one, dict) and "name" in one else number for number, one in enumerate(now))
        return [line for name, *pair in zip(names, then, now) for line in differences(*pair, f"{path}.{name}".strip("."))]
    return [] if then == now else [f"{path}: {_short(then)}, now {_short(now)}"]


def _short(value):
    return f"{len(value)} entries" if isinstance(value, dict | list | tuple) else value


def _layer(one):
    """A serialized layer: name, kind and settings, and where the model is no plain sequence the layers that go into it."""
    config = one["config"]
    if "layers" in config:  # a model inside the model
        settings = {"layers": [_layer(part) for part in config["layers"]]}
    else:
        settings = {key: value for key, value in _plain(config).items() if USUAL.get(key) != value and key != "name"}
    inputs = list(_inputs(one.get("inbound_nodes", [])))
    return {"name": config["name"], "layer": one["class_name"], **settings, **({"inputs": inputs} if inputs else {})}


def _inputs(calls):
    """The names of the layers whose outputs go into a layer, from its serialized calls."""
    if isinstance(calls, dict) and "keras_history" in calls:
        yield calls["keras_history"][0]
    elif isinstance(calls, dict | list | tuple):
        for part in calls.values() if isinstance(calls, dict) else calls:
            yield from _inputs(part)


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


def _function(function):
    """A function with the numbers that it uses: {name: {parameter: value}}; None for none.

    They are the fields of a dataclass, the attributes of another object, the defaults of a function's parameters and what a
    `functools.partial` fills in, and the variables around a function that it reads. What it calls is not looked into.
    """
    if function is None:
        return None
    if is_dataclass(function):
        return {type(function).__name__: _value(asdict(function))}
    inner = function.func if isinstance(function, partial) else function
    if not hasattr(inner, "__code__"):
        return {type(inner).__name__: _value({key: value for key, value in vars(inner).items() if not key.startswith("_")})}
    around = inspect.getclosurevars(inner)
    numbers = {key: value for key, value in {**around.globals, **around.nonlocals}.items() if isinstance(value, NUMBERS)}
    parameters = inspect.signature(function).parameters.items()
    defaults = {key: one.default for key, one in parameters if one.default is not inspect.Parameter.empty}
    positional = {"arguments": function.args} if isinstance(function, partial) and function.args else {}
    return {inner.__name__: _value({**numbers, **defaults, **positional})}


def _value(value):
    """A value as JSON can hold it."""
    if isinstance(value, dict):
        return {key: _value(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_value(one) for one in value]
    if callable(value):
        return _function(value)
    return value.item() if hasattr(value, "item") else value if isinstance(value, bool | int | float | None) else str(value)
