"""Opens .keras files of any origin, if they hold only Keras' own layers, no more than these need, and no code."""

import io
import json
import math
import re
import zipfile
from pathlib import Path

import h5py

from common.keras_private import output_shapes, without_values
from common.quiet import keras, tensorflow
from data.errors import UserError

MEMBERS = {"metadata.json", "config.json", "model.weights.h5"}
MOST_BYTES = 4_000_000_000  # of a file
MOST_CONFIGURATION = 5_000_000  # bytes of config.json
MOST_VALUES = 1_000_000_000  # that all layers together may compute for one image
ANY_SIZE = 224  # height and width of images for a network that takes any size
MOST_UNSAVED = 10_000_000  # bytes of weights that are not in the file: those that LoRA adds, for example
# The modules that parts of a network come from, and the classes in them that run code or read files.
_MODULES = re.compile(
    r"builtins|keras|keras\.(src\.)?(layers|models|ops|activations|initializers|regularizers|constraints|quantizers"
    r"|dtype_policies|mixed_precision|random|optimizers|losses|metrics)(\..*)?"  # the last three for a compiled model inside
)
_REFUSED = {
    "Lambda", "__lambda__", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer",
    "StringLookup", "IntegerLookup", "TextVectorization",
}  # fmt: skip


def load(path: Path) -> keras.Model:
    """Load the Keras model in a .keras file, without its optimizer.

    First it checks the file's members and their sizes, the module of every part that the configuration names, that all weights
    are in the file, and how much memory the layers' weights and outputs would take. Raises UserError with what is wrong.
    """
    if path.suffix != ".keras":
        raise UserError(f"{path}: only .keras files are opened; load it in Keras and save it with model.save('name.keras')")
    if not path.is_file():
        raise UserError(f"{path} is no file")
    try:
        parts, stored = _read(path)
    except UserError:
        raise
    except Exception as error:  # for damaged archives, JSON and HDF5 files their readers raise errors of nearly every type
        raise UserError(f"{path} is no .keras file, or damaged ({last_line(error)})") from error
    if foreign := sorted({part["class_name"] for part in parts if _is_foreign(part)}):
        raise UserError(f"{path} has parts that could run code or read files ({', '.join(foreign)[:200]}): it is not opened")

    try:
        _require_size(path, parts, stored)
        return keras.models.load_model(path, compile=False, safe_mode=True)
    except UserError:
        raise
    except Exception as error:  # so does Keras
        raise UserError(f"{path} is no network that Keras can load: {last_line(error)}") from error


def _read(path):
    """Read a file's configuration as a list of dicts, each inside an earlier one, and the number of bytes of its weights."""
    if path.stat().st_size > MOST_BYTES:
        raise UserError(f"{path} has more than {MOST_BYTES:,} bytes")
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if sorted(member.filename for member in members) != sorted(MEMBERS):
            raise UserError(f"{path} does not hold {', '.join(sorted(MEMBERS))} and nothing else: it is not opened")
        if any(member.compress_type != zipfile.ZIP_STORED for member in members):
            raise UserError(f"{path} is compressed, which Keras does not do: save it with model.save")
        if archive.getinfo("config.json").file_size > MOST_CONFIGURATION:
            raise UserError(f"{path} describes a network in more than {MOST_CONFIGURATION:,} bytes: it is not opened")
        config = json.loads(archive.read("config.json"))
        config["compile_config"] = None  # which `load` does not use
        with h5py.File(io.BytesIO(archive.read("model.weights.h5")), "r") as weights:
            return list(_dicts(config)), _stored(path, weights, set())


def _dicts(config):
    """Yield every dict in a configuration, at any depth, outer ones first."""
    waiting = [config]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            yield part
        if isinstance(part, dict | list):
            waiting += part.values() if isinstance(part, dict) else part


def _stored(path, group, seen):
    """Count the bytes of the arrays in a group of an HDF5 file. Raise UserError for an array that is not stored in the file.

    seen: addresses of groups and arrays; a second link to one would count it again, or never end.
    """
    total = 0
    for name in group:
        part = group[name] if isinstance(group.get(name, getlink=True), h5py.HardLink) else None
        address = part and h5py.h5o.get_info(part.id).addr
        if part is None or address in seen:
            raise UserError(f"{path} has weights that lead elsewhere ({name[:100]!r}): it is not opened")
        seen.add(address)
        if isinstance(part, h5py.Group):
            total += _stored(path, part, seen)
        elif part.external or part.is_virtual or part.id.get_storage_size() < part.nbytes:
            raise UserError(f"{path} has weights that are not in it ({name[:100]!r}): it is not opened")
        else:
            total += part.nbytes
    return total


def _is_foreign(part):
    """Whether a dict of a configuration describes an object that is not from Keras, or that runs code or reads files."""
    name, module = part.get("class_name"), part.get("module")
    known = _MODULES.fullmatch(str(module)) if module else not part.get("registered_name")
    return isinstance(name, str) and "config" in part and (not known or name in _REFUSED)


def _require_size(path, parts, stored):
    """Raise UserError for a network with more weights than its file holds, or with outputs that are too large.

    The network is built for this with weights that take no memory.
    """
    for part in parts:
        part.pop("compile_config", None)  # optimizers would make real variables
    with without_values():
        model = keras.saving.deserialize_keras_object(parts[0], safe_mode=True)
    needed = sum(math.prod(weight.shape) * tensorflow.as_dtype(weight.dtype).size for weight in model.weights)
    if needed > min(stored, path.stat().st_size) + MOST_UNSAVED:
        raise UserError(f"{path} describes weights of {needed:,} bytes and holds {stored:,}: it is not opened")
    if sum(math.prod(size or ANY_SIZE for size in shape[1:]) for shape in output_shapes(model)) > MOST_VALUES:
        raise UserError(f"{path} would compute more than {MOST_VALUES:,} values for an image: it is not opened")


def last_line(error: Exception) -> str:
    """Return the last line of an error's message, where Keras puts the reason, cut short; the error's type if it has none."""
    lines = str(error).strip().splitlines()
    return lines[-1][:200] if lines else type(error).__name__
