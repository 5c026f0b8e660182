"""Opens .keras files of anybody: of Keras' own layers, with no more in them than they need, and never code of somebody's."""

import io
import json
import math
import re
import zipfile

import h5py

from data.errors import UserError

MEMBERS = {"metadata.json", "config.json", "model.weights.h5"}
MOST_BYTES = 4_000_000_000  # of a file
MOST_CONFIGURATION = 5_000_000  # bytes of it that describe the network
MOST_VALUES = 1_000_000_000  # that all layers together may give for one picture
ANY_SIZE = 224  # pixels along a side of the pictures for a network that takes any size
MOST_UNSAVED = 10_000_000  # bytes of weights that are not in the file: those that LoRA adds, for example
# Where the parts of a network come from, and those among them that run code or read files of their own.
_PARTS = re.compile(
    r"builtins|keras|keras\.(src\.)?(layers|models|ops|activations|initializers|regularizers|constraints|quantizers"
    r"|dtype_policies|mixed_precision|random|optimizers|losses|metrics)(\..*)?"  # the last three for a compiled model inside
)
_REFUSED = {
    "Lambda", "__lambda__", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer",
    "StringLookup", "IntegerLookup", "TextVectorization",
}  # fmt: skip


def load(path):
    """The Keras model in a .keras file, without its optimizer.

    Before it is loaded: its members and their sizes, the origin of every part that its configuration names, the links and
    sizes of its weights, and the sizes of what its layers would hold and give. Raises UserError with what is wrong.
    """
    if path.suffix != ".keras":
        raise UserError(f"{path}: only .keras files are opened; load it in Keras and save it with model.save('name.keras')")
    if not path.is_file():
        raise UserError(f"{path} is no file")
    try:
        config, stored = _read(path)
    except UserError:
        raise
    except Exception as error:  # damaged archives, JSON and HDF5 files make their readers raise nearly everything
        raise UserError(f"{path} is no .keras file, or damaged ({last_line(error)})") from error
    if foreign := sorted(set(_foreign(config))):
        raise UserError(f"{path} has parts that could run code or read files ({', '.join(foreign)[:200]}): it is not opened")

    from common.quiet import keras

    try:
        _require_size(path, config, stored)
        return keras.models.load_model(path, compile=False, safe_mode=True)
    except UserError:
        raise
    except Exception as error:  # so does Keras
        raise UserError(f"{path} is no network that Keras can load: {last_line(error)}") from error


def _read(path):
    """The configuration in a .keras file, a dict, and the number of bytes of its weights."""
    if path.stat().st_size > MOST_BYTES:
        raise UserError(f"{path} has more than {MOST_BYTES:,} bytes")
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if sorted(member.filename for member in members) != sorted(MEMBERS):
            raise UserError(f"{path} does not hold {', '.join(sorted(MEMBERS))} and nothing else: it is not opened")
        if any(member.compress_type != zipfile.ZIP_STORED for member in members):
            raise UserError(f"{path} is packed again, which Keras does not: save it with model.save")
        if archive.getinfo("config.json").file_size > MOST_CONFIGURATION:
            raise UserError(f"{path} describes a network in more than {MOST_CONFIGURATION:,} bytes: it is not opened")
        config = json.loads(archive.read("config.json"))
        with h5py.File(io.BytesIO(archive.read("model.weights.h5")), "r") as weights:
            return {**config, "compile_config": None}, _stored(path, weights, set())


def _stored(path, group, met):
    """The bytes of the arrays in a group of an HDF5 file. Raises UserError for what lies elsewhere or is not there at all.

    met: where the groups and arrays lie that were met before; a second way to one would count it again, or go in circles.
    """
    total = 0
    for name in group:
        part = group[name] if isinstance(group.get(name, getlink=True), h5py.HardLink) else None
        place = part and h5py.h5o.get_info(part.id).addr
        if part is None or place in met:
            raise UserError(f"{path} has weights that lead elsewhere ({name[:100]!r}): it is not opened")
        met.add(place)
        if isinstance(part, h5py.Group):
            total += _stored(path, part, met)
        elif part.external or part.is_virtual or part.id.get_storage_size() < part.nbytes:
            raise UserError(f"{path} has weights that are not in it ({name[:100]!r}): it is not opened")
        else:
            total += part.nbytes
    return total


def _foreign(config):
    """Names of what is not from Keras in a configuration, at any depth, or is and runs code or reads files: Lambda."""
    if isinstance(config, list):
        for part in config:
            yield from _foreign(part)
    elif isinstance(config, dict):
        name, module = config.get("class_name"), config.get("module")
        known = _PARTS.fullmatch(str(module)) if module else not config.get("registered_name")
        if isinstance(name, str) and "config" in config and (not known or name in _REFUSED):
            yield name
        for part in config.values():
            yield from _foreign(part)


def _require_size(path, config, stored):
    """Raises UserError for a network with more weights than its file, or whose layers give too much.

    Found out by building it once with weights that take no memory.
    """
    from common.keras_private import output_shapes
    from common.quiet import keras, tensorflow

    with keras.StatelessScope(initialize_variables=False):
        model = keras.saving.deserialize_keras_object(_uncompiled(config), safe_mode=True)
    needed = sum(math.prod(weight.shape) * tensorflow.as_dtype(weight.dtype).size for weight in model.weights)
    if needed > min(stored, path.stat().st_size) + MOST_UNSAVED:
        raise UserError(f"{path} describes weights of {needed:,} bytes and holds {stored:,}: it is not opened")
    if sum(math.prod(size or ANY_SIZE for size in shape[1:]) for shape in output_shapes(model)) > MOST_VALUES:
        raise UserError(f"{path} would compute more than {MOST_VALUES:,} values for a picture: it is not opened")


def _uncompiled(config):
    """A configuration without optimizers and losses, at any depth."""
    if isinstance(config, list):
        return list(map(_uncompiled, config))
    if isinstance(config, dict):
        return {key: None if key == "compile_config" else _uncompiled(part) for key, part in config.items()}
    return config


def last_line(error):
    """The last line of what an error says, where Keras puts the reason, cut short; its kind where it says nothing."""
    lines = str(error).strip().splitlines()
    return lines[-1][:200] if lines else type(error).__name__
