"""Which parts a .keras file's configuration may name: only Keras' own that neither run code nor read files."""

import re
from collections.abc import Callable, Iterator

from common.keras_private import is_application_layer
from common.quiet import keras

# The modules that parts of a network come from, and the classes in them that run code or read files.
_MODULES = re.compile(
    r"builtins|keras|keras\.(src\.)?(layers|models|ops|activations|initializers|regularizers|constraints|quantizers"
    r"|dtype_policies|mixed_precision|random|optimizers|losses|metrics)(\..*)?"  # the last three for a compiled model inside
)
_REFUSED = {
    "Lambda", "__lambda__", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer",
    "StringLookup", "IntegerLookup", "TextVectorization",
}  # fmt: skip
# Where Keras looks for a function of which a file gives only the name.
_FUNCTIONS = (
    keras.activations, keras.constraints, keras.initializers, keras.losses, keras.metrics, keras.optimizers, keras.regularizers
)  # fmt: skip
# Functions of TensorFlow that a file gives by the name in their source, tf.nn.silu as "swish", and the same ones of Keras.
_OF_TENSORFLOW = {
    "softmax_v2": keras.activations.softmax, "log_softmax_v2": keras.activations.log_softmax, "swish": keras.activations.silu,
    "identity": keras.activations.linear, "exp": keras.activations.exponential,
}  # fmt: skip
_SAVE_AGAIN = "copy the weights with set_weights, and save it again"


def parts(configuration: object) -> Iterator[tuple[dict, dict]]:
    """Yield every dict in a configuration, at any depth, and the innermost object with a name that it is or is part of.

    Outer ones come before inner ones, and layers in their order.
    """
    waiting = [(configuration, {})]
    while waiting:
        part, owner = waiting.pop()
        if isinstance(part, dict):
            owner = part if isinstance(part.get("config"), dict) and "name" in part["config"] else owner
            yield part, owner
        if isinstance(part, dict | list):
            inner = part.values() if isinstance(part, dict) else part
            waiting += [(value, owner) for value in reversed(inner)]


def tensorflow_functions(configuration: object) -> dict[str, Callable]:
    """Return the activation functions of TensorFlow that a configuration names, as those of Keras, for `custom_objects`."""
    named = {part["config"] for part, _ in parts(configuration) if _is_function(part)}
    return {name: function for name, function in _OF_TENSORFLOW.items() if name in named}


def foreign(configuration: object) -> list[str]:
    """Return what is wrong, and how to mend it, for every part that is not from Keras, or that runs code or reads files."""
    return [fault for part, owner in parts(configuration) if (fault := _fault(part, owner))]


def _is_function(part):
    """Whether a dict of a configuration stands for a function of which it gives only the name."""
    is_named = part.get("class_name") == "function" and part.get("module") == "builtins"
    return is_named and isinstance(part.get("config"), str)


def _fault(part, owner):
    """Return a sentence about a dict of a configuration that may not stand in it, else None."""
    name, module = part.get("class_name"), part.get("module")
    if not isinstance(name, str) or "config" not in part:
        return None
    if name == "Lambda":
        return f"{_label(owner)} runs code from the file; rebuild it with a Rescaling layer or keras.ops, {_SAVE_AGAIN}"
    if name == "__lambda__" or _has_lambda(part["config"]):
        return f"{_label(owner)} holds a lambda function; rebuild it with a function by name ('relu'), {_SAVE_AGAIN}"
    if name in _REFUSED:
        return f"{_label(owner)} needs the class {name}; rebuild the network without it, {_SAVE_AGAIN}"
    known = _MODULES.fullmatch(str(module)) if module else not part.get("registered_name")
    if not known and not is_application_layer(module, name):
        return f"class {_short(name)} of {_label(owner)} is not Keras' own; rebuild it with Keras' own layers, {_SAVE_AGAIN}"
    if _is_function(part) and part["config"] not in _OF_TENSORFLOW and not _is_known(part["config"]):
        function = _short(part["config"])
        return (
            f"function '{function}' of {_label(owner)} is not Keras' own; rebuild it with a named one ('relu'), {_SAVE_AGAIN}"
        )
    return None


def _has_lambda(config):
    """Whether a layer's activation is a lambda function, of which Keras saves the code without a class."""
    activation = config.get("activation") if isinstance(config, dict) else None
    return isinstance(activation, dict) and "class_name" not in activation


def _is_known(name):
    return any(callable(getattr(module, name, None)) for module in _FUNCTIONS)


def _label(owner):
    """Return what to call a layer in a message: its name and class."""
    if not owner:
        return "a part that has no name"
    return f"layer '{_short(owner['config']['name'])}' ({_short(owner.get('class_name'))})"


def _short(text):
    """Return a text of the file as it can stand in a message: on one line, and of bounded length."""
    return repr(str(text)[:60])[1:-1]
