"""Files with code of others in them: each is refused with the layer's name, and how to rebuild it."""

import pytest

from common.quiet import keras, tensorflow
from tests.common.changed_model_files import assert_refused, network, rewritten

layers = keras.layers


class Custom(layers.Layer):
    def call(self, inputs):
        return inputs


class Start(keras.initializers.Initializer):
    def __call__(self, shape, dtype=None):
        return keras.ops.ones(shape, dtype)


@pytest.fixture
def path(tmp_path):
    network().save(tmp_path / "model.keras")
    return tmp_path / "model.keras"


@pytest.mark.filterwarnings("ignore:The object being serialized includes a `lambda`")
@pytest.mark.parametrize(
    ("layer", "named"),
    [
        (layers.Lambda(lambda x: x * 2, name="twice"), "layer 'twice' .Lambda. runs code .*rebuild it with a Rescaling layer"),
        (Custom(name="mine"), "class Custom of layer 'mine' .Custom. is not Keras' own; rebuild it"),
        (layers.Dense(2, activation=lambda x: x, name="fc"), "layer 'fc' .Dense. holds a lambda function"),
        (layers.Dense(2, kernel_initializer=Start(), name="fc"), "class Start of layer 'fc' .Dense. is not Keras' own"),
        (layers.Dense(2, activation=tensorflow.nn.crelu, name="fc"), "function 'crelu_v2' of layer 'fc' .Dense."),
        (keras.Sequential([layers.Lambda(abs, name="positive")], name="inner"), "layer 'positive' .Lambda. runs code"),
    ],
)
def test_code_in_a_file_is_refused_before_it_is_loaded(layer, named, tmp_path):
    network(layer).save(tmp_path / "model.keras")
    assert_refused(tmp_path / "model.keras", named)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("keras.layers", "TFSMLayer"), ("keras.layers", "StringLookup"), ("keras.utils", "get_file"),
        ("keras.src.utils.file_utils", "get_file"), ("keras.saving", "load_model"), ("os", "system"), ("keras_not", "Dense"),
        ("keras.layers\n", "Dense"), (["keras.layers"], "Dense"),
    ],
)  # fmt: skip
def test_parts_that_could_read_files_or_run_code_are_refused(module, name, path):
    rewritten(path, lambda config: config["config"]["layers"][-1].update(module=module, class_name=name))
    assert_refused(path, f"could run code or read files.*{name}")


def test_a_function_by_name_is_one_of_keras(path):
    def change(config):
        config["config"]["layers"][-1]["config"]["activation"] = {
            "module": "builtins", "class_name": "function", "config": "eval", "registered_name": "function"
        }  # fmt: skip

    rewritten(path, change)
    assert_refused(path, "function 'eval' of layer 'predictions' .Dense. is not Keras' own")


def test_a_layer_of_keras_applications_is_one_by_module_and_name_alone(path):
    module = "keras.src.applications.convnext"
    for name, wanted in (("Layer", "class Layer"), ("decode_predictions", "class decode_predictions"), ("Lambda", "runs code")):
        rewritten(path, lambda config, name=name: config["config"]["layers"][-1].update(module=module, class_name=name))
        assert_refused(path, wanted)
    rewritten(
        path, lambda config: config["config"]["layers"][-1].update(module="keras.src.applications.os", class_name="LayerScale")
    )
    assert_refused(path, "class LayerScale of layer 'predictions'")
