"""Files that are no network, or one that nobody should open."""

import io
import json
import os
import time
import zipfile

import h5py
import numpy as np
import pytest

from common.model_files import load, loss_of, size_where_free
from common.quiet import keras, tensorflow
from data.errors import UserError

layers = keras.layers


def network(*more):
    first = [keras.Input((12, 12, 1)), layers.Conv2D(4, 3, name="conv1"), layers.Flatten(), layers.Dense(3, name="predictions")]
    return keras.Sequential([*first, *more])


class Custom(layers.Layer):
    def call(self, inputs):
        return inputs


def of_its_own(labels, outputs):
    return 0.0


class Start(keras.initializers.Initializer):
    def __call__(self, shape, dtype=None):
        return keras.ops.ones(shape, dtype)


@pytest.fixture
def path(tmp_path):
    network().save(tmp_path / "model.keras")
    return tmp_path / "model.keras"


def rewritten(path, config=None, weights=None, more=(), **options):
    """Writes a .keras file again. config: changes the configuration, a dict. weights: does so with the open HDF5 file."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    if config:
        described = json.loads(members["config.json"])
        config(described)
        members["config.json"] = json.dumps(described)
    if weights:
        memory = io.BytesIO(members["model.weights.h5"])
        with h5py.File(memory, "r+") as file:
            weights(file)
        members["model.weights.h5"] = memory.getvalue()
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, content in [*members.items(), *more]:
            archive.writestr(name, content)


def assert_refused(path, reason):
    """The file is refused in one short sentence, and at once."""
    start = time.perf_counter()
    with pytest.raises(UserError, match=reason) as caught:
        load(path)
    assert time.perf_counter() - start < 5
    assert len(str(caught.value)) < len(str(path)) + 300 and "\n" not in str(caught.value)


def test_a_network_is_loaded_with_its_weights(path):
    rewritten(path)
    model = load(path)
    assert model.count_params() == 4 * 10 + 400 * 3 + 3 and not model.compiled


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


@pytest.mark.parametrize("name", ["../../evil", "/etc/evil", "assets/x", "config.json", "a" * 70000])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_with_more_in_it_is_refused(name, path):
    if len(name) > 65535:
        rewritten(path, more=[(f"{number}", b"") for number in range(70_000)])
    else:
        rewritten(path, more=[(name, b"evil")])
    assert_refused(path, "nothing else")
    assert not (path.parent.parent / "evil").exists()


def test_a_zip_bomb_is_refused(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", "{}")
        with archive.open("model.weights.h5", "w") as file:
            for _ in range(300):
                file.write(bytes(1_000_000))
    assert path.stat().st_size < 1_000_000
    assert_refused(path, "compressed")


def test_a_description_that_is_too_long_or_too_deep_is_refused(path):
    rewritten(path, lambda config: config.update(long="x" * 6_000_000))
    assert_refused(path, "more than 5,000,000 bytes")
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("metadata.json", "model.weights.h5"):
            archive.writestr(name, "")
        archive.writestr("config.json", "[" * 1_000_000)
    assert_refused(path, "damaged")


def dense(units):
    return lambda config: config["config"]["layers"][-1]["config"].update(units=units)


def input_of(shape):
    def change(config):
        config["config"]["layers"][0]["config"]["batch_shape"] = shape

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (dense(10**9), "describes weights of 1,604,000,000,160 bytes and holds 4,972"),
        (dense(10**12), "describes weights"),
        (dense(-1), "no network that Keras can load"),
        (dense("many"), "no network that Keras can load"),
        (input_of([None, 10**6, 10**6, 1]), "no network that Keras can load"),
        (lambda config: config["config"].update(layers=[]), "no network|no weights"),
    ],
)
def test_absurd_shapes_are_refused_before_they_take_memory(change, reason, path):
    rewritten(path, change)
    assert_refused(path, reason)


def saved(path, *parts, size=(8, 8, 1)):
    keras.Sequential([keras.Input(size), *parts]).save(path)
    return path


def setting(**values):
    """Change the second layer, or the layer in it."""

    def change(config):
        layer = config["config"]["layers"][1]["config"]
        layer = layer["layers"][1]["config"] if "layers" in layer else layer
        layer.get("layer", {"config": layer})["config"].update(values)

    return change


@pytest.mark.parametrize(
    ("layer", "change", "values"),
    [
        (layers.ZeroPadding2D(1), setting(padding=[[50_000, 50_000], [50_000, 50_000]]), 100_008**2),
        (layers.UpSampling2D(2), setting(size=[10**6, 10**6]), 64 * 10**12),
        (layers.Conv2DTranspose(1, 1, strides=2), setting(strides=[10**6, 10**6]), 64 * 10**12),
        (layers.SeparableConv2D(1, 1), setting(depth_multiplier=10**6), 64 * 64 * (10**6 + 1)),
        (layers.TimeDistributed(layers.ZeroPadding1D(2)), setting(padding=[0, 10**9]), 8 * (10**9 + 8) * 2),
        (keras.Sequential([layers.ZeroPadding2D(1), layers.AveragePooling2D(9)]), setting(padding=[[0, 10**6]] * 2), None),
    ],
)
def test_absurdly_large_images_inside_a_network_are_refused(layer, change, values, tmp_path):
    size = (64, 64, 1) if isinstance(layer, layers.SeparableConv2D) else (8, 8, 1)
    path = saved(tmp_path / "model.keras", layer, layers.GlobalAveragePooling2D(), size=size)
    load(path)
    rewritten(path, change)
    values = 1_000_008**2 + 111_112**2 if values is None else values
    assert_refused(path, f"would compute {values + 1:,} values for an image, more than 1,000,000,000: give")


def test_the_limit_of_values_is_a_flag(tmp_path):
    """3.1 billion values in a file of a few kilobytes."""
    path = saved(tmp_path / "model.keras", layers.UpSampling2D(625), layers.GlobalAveragePooling2D(), size=(8, 8, 124))
    assert 8 * 625 * 8 * 625 * 124 == 3_100_000_000
    reason = "would compute 3,100,000,124 values for an image, more than 1,000,000,000: give --most-values 4000000000 if"
    assert_refused(path, reason)
    assert load(path, most_values=4_000_000_000).count_params() == 0
    assert load(path, most_values=3_100_000_124).count_params() == 0
    with pytest.raises(UserError, match="more than 3,100,000,123: give"):
        load(path, most_values=3_100_000_123)


def test_values_of_a_network_for_any_size_are_those_for_224_pixels(tmp_path):
    chain = [layers.Conv2D(8, 3, strides=2, padding="same"), layers.Conv2D(16, 3, strides=2), layers.GlobalAveragePooling2D()]
    path = saved(tmp_path / "model.keras", *chain, layers.Dense(4), size=(None, None, 3))
    values = 112 * 112 * 8 + 55 * 55 * 16 + 16 + 4
    assert load(path, most_values=values).count_params() == 27 * 8 + 8 + 72 * 16 + 16 + 16 * 4 + 4
    with pytest.raises(UserError, match=f"would compute {values:,} values"):
        load(path, most_values=values - 1)


def u_shaped(depth):
    image = features = keras.Input((None, None, 3))
    skipped = []
    for _ in range(depth):
        skipped.append(layers.Conv2D(4, 3, padding="same", activation="relu")(features))
        features = layers.MaxPooling2D()(skipped[-1])
    for skip in reversed(skipped):
        features = layers.Concatenate()([layers.Conv2DTranspose(4, 2, strides=2)(features), skip])
    return keras.Model(image, layers.Conv2D(1, 1)(features))


@pytest.mark.parametrize(("depth", "size"), [(4, 224), (5, 224), (6, 256), (8, 256)])
def test_u_nets_of_any_depth_are_loaded_and_take_images_of_the_size_that_is_said(depth, size, tmp_path):
    """224 can be halved five times, 256 eight times."""
    u_shaped(depth).save(tmp_path / "model.keras")
    model = load(tmp_path / "model.keras")
    assert size_where_free(model) == size
    assert model(np.zeros((1, size, size, 3), np.float32)).shape == (1, size, size, 1)


def test_counting_leaves_nothing_behind_in_keras(tmp_path):
    path = tmp_path / "model.keras"
    u_shaped(2).save(path)
    load(path)
    first = layers.Concatenate().name
    with pytest.raises(UserError, match="would compute"):
        load(path, most_values=1)
    number = int(first.removeprefix("concatenate").removeprefix("_") or 0)
    assert layers.Concatenate().name == f"concatenate_{number + 1}"


@pytest.mark.parametrize(
    ("loss", "described"),
    [
        ("mse", "mse"),
        (["mse"], ["mse"]),
        ({"predictions": "mae"}, {"predictions": "mae"}),
        (keras.losses.SparseCategoricalCrossentropy(from_logits=True), ("SparseCategoricalCrossentropy", True)),
        (keras.losses.BinaryCrossentropy(), ("BinaryCrossentropy", False)),
        (of_its_own, "of_its_own"),
        (None, None),
    ],
)
def test_the_loss_of_a_file_is_read_without_making_it(loss, described, tmp_path):
    model, path = network(), tmp_path / "model.keras"
    if loss is not None:
        model.compile("sgd", loss)
    model.save(path)
    load(path)
    found = loss_of(path)
    if isinstance(described, tuple):
        assert (found["class_name"], found["config"]["from_logits"]) == described
    elif loss is of_its_own:
        assert found["config"] == described
    else:
        assert found == described


def test_where_no_loss_can_be_read_there_is_none(path):
    for content in (b"", path.read_bytes()[:-100]):
        path.write_bytes(content)
        assert loss_of(path) is None
    assert loss_of(path.parent) is None and loss_of(path.parent / "missing.keras") is None


def linked(link):
    def change(file):
        del file["layers/conv2d/vars/0"]
        file["layers/conv2d/vars/0"] = link

    return change


def replaced(**options):
    def change(file):
        shape, dtype = file["layers/conv2d/vars/0"].shape, np.float32
        del file["layers/conv2d/vars/0"]
        file.create_dataset("layers/conv2d/vars/0", options.pop("shape", shape), dtype, **options)

    return change


def linked_again_and_again(file):
    """30 groups, each twice in the one before: a billion ways to the last."""
    group = file
    for _ in range(30):
        group = group.create_group("a")
        group.parent["b"] = group


def virtual(file):
    del file["layers/conv2d/vars/0"]
    layout = h5py.VirtualLayout((3, 3, 1, 4), np.float32)
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (3, 3, 1, 4))
    file.create_virtual_dataset("layers/conv2d/vars/0", layout)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (linked(h5py.ExternalLink("/etc/passwd", "/x")), "lead elsewhere"),
        (linked(h5py.SoftLink("/layers/dense/vars/0")), "lead elsewhere"),
        (linked_again_and_again, "lead elsewhere"),
        (replaced(external=[("/etc/passwd", 0, 144)]), "not in it"),
        (virtual, "not in it"),
        (replaced(shape=(10**6, 10**6), chunks=(1000, 1000)), "not in it"),
        (replaced(shape=(1000, 1000), compression="gzip", fillvalue=0, data=np.zeros((1000, 1000))), "not in it"),
    ],
)
def test_weights_from_elsewhere_or_from_nowhere_are_refused(change, reason, path):
    rewritten(path, weights=change)
    assert_refused(path, reason)


def test_other_files_and_damaged_ones_are_refused(path, tmp_path):
    content = path.read_bytes()
    (tmp_path / "model.h5").write_bytes(content)
    assert_refused(tmp_path / "model.h5", r"only \.keras")
    (tmp_path / "folder.keras").mkdir()
    assert_refused(tmp_path / "folder.keras", "is no file")
    os.mkfifo(tmp_path / "pipe.keras")
    assert_refused(tmp_path / "pipe.keras", "is no file")
    assert_refused(tmp_path / "missing.keras", "is no file")
    for damaged in (content[: len(content) // 2], b"", b"PK", content[:-40]):
        path.write_bytes(damaged)
        assert_refused(path, "damaged")
