"""Opens .keras files of any origin, if they hold only Keras' own layers, no more than these need, and no code."""

import json
import math
import zipfile
from pathlib import Path

import h5py

from common import model_parts
from common.keras_private import computed_values, numbering_names_anew, without_values
from common.quiet import keras, tensorflow
from data.errors import UserError

MEMBERS = {"metadata.json", "config.json", "model.weights.h5"}
MOST_BYTES = 4_000_000_000  # of a file
MOST_CONFIGURATION = 5_000_000  # bytes of config.json
MOST_VALUES = 1_000_000_000  # that all layers together may compute for one image
ANY_SIZE = 224  # height and width of images for a network that takes any size
MOST_UNSAVED = 10_000_000  # bytes of weights that are not in the file: those that LoRA adds, for example


def load(path: Path, most_values: int = MOST_VALUES) -> keras.Model:
    """Load the Keras model in a .keras file, without its optimizer.

    First it checks the file's members and their sizes, the module of every part that the configuration names, that all weights
    are in the file, and how much memory the layers' weights and outputs would take.

    Parameters
    ----------
    path : Path
    most_values : int
        How many values all layers together may compute for an image of the network's size, `ANY_SIZE` where that is free.

    Returns
    -------
    keras.Model

    Raises
    ------
    UserError
        With what is wrong: for a layer with its name, and how to rebuild it.
    """
    if path.suffix != ".keras":
        raise UserError(f"{path}: only .keras files are opened; load it in Keras and save it with model.save('name.keras')")
    if not path.is_file():
        raise UserError(f"{path} is no file")
    try:
        config, stored = _read(path)
        faults = model_parts.foreign(config)
    except UserError:
        raise
    except Exception as error:  # for damaged archives, JSON and HDF5 files their readers raise errors of nearly every type
        raise UserError(f"{path} is no .keras file, or damaged ({last_line(error)})") from error
    if faults:
        raise UserError(f"{path} could run code or read files, and is not opened: {faults[0]}")

    functions = model_parts.tensorflow_functions(config)
    try:
        model = _without_values(config, functions)
        _require_weights(path, model, stored)
        _require_values(path, model, most_values)
        return keras.models.load_model(path, functions, compile=False, safe_mode=True)
    except UserError:
        raise
    except Exception as error:  # so does Keras
        raise UserError(f"{path} is no network that Keras can load: {last_line(error)}") from error


def loss_of(path: Path) -> object:
    """Return the loss that the model in a .keras file was compiled with, as the file's JSON describes it.

    Nothing is made of it: a name ("mse"), a dict with "class_name" and "config" ({"from_logits": true, ...}), a list or dict of
    these for several outputs; None for a model that was not compiled, and for a file that cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _configuration(path, archive)["compile_config"]["loss"]
    except Exception:  # see `load`
        return None


def _read(path):
    """Read a file's configuration, and the number of bytes of its weights."""
    if path.stat().st_size > MOST_BYTES:
        raise UserError(f"{path} has more than {MOST_BYTES:,} bytes")
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if sorted(member.filename for member in members) != sorted(MEMBERS):
            raise UserError(f"{path} does not hold {', '.join(sorted(MEMBERS))} and nothing else: it is not opened")
        if any(member.compress_type != zipfile.ZIP_STORED for member in members):
            raise UserError(f"{path} is compressed, which Keras does not do: save it with model.save")
        config = _configuration(path, archive)
        config["compile_config"] = None  # which `load` does not use
        with archive.open("model.weights.h5") as file, h5py.File(file, "r") as weights:  # of which only the headers are read
            return config, _stored(path, weights, set())


def _configuration(path, archive):
    if archive.getinfo("config.json").file_size > MOST_CONFIGURATION:
        raise UserError(f"{path} describes a network in more than {MOST_CONFIGURATION:,} bytes: it is not opened")
    return json.loads(archive.read("config.json"))


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


def _without_values(config, functions):
    """Build the network that a configuration describes, with weights that take no memory."""
    for part, _ in model_parts.parts(config):
        part.pop("compile_config", None)  # optimizers would make real variables
    with without_values(), numbering_names_anew():
        return keras.saving.deserialize_keras_object(config, functions, safe_mode=True)


def _require_weights(path, model, stored):
    """Raise UserError for a network with more weights than its file holds."""
    needed = sum(math.prod(weight.shape) * tensorflow.as_dtype(weight.dtype).size for weight in model.weights)
    if needed > min(stored, path.stat().st_size) + MOST_UNSAVED:
        raise UserError(f"{path} describes weights of {needed:,} bytes and holds {stored:,}: it is not opened")


def _require_values(path, model, most_values):
    """Raise UserError for a network whose layers compute too much."""
    if not getattr(model, "inputs", None):
        raise UserError(f"{path} is no network with an input of known shape: call it on an image, and save it again")
    values = _values(model, size_where_free(model))
    if values > most_values:
        step = 10 ** (len(str(values)) - 1)
        raise UserError(
            f"{path} would compute {values:,} values for an image, more than {most_values:,}: give --most-values "
            f"{-(-values // step) * step} if your memory allows, with up to 4 bytes for each, or take a smaller network"
        )


def size_where_free(model: keras.Model) -> int:
    """Return the height and width of images for a network where these are free: `ANY_SIZE`, or 256 where only that works.

    It does for networks that halve an image six to eight times and then want its size again, as deep U-Nets.
    """
    if not any(None in tensor.shape[1:] for tensor in model.inputs):
        return ANY_SIZE
    try:
        _values(model, ANY_SIZE)
    except Exception:  # layers raise errors of many types for inputs that they cannot take
        return 256
    return ANY_SIZE


def _values(model, size):
    """Count the values that all layers of a model compute for one image, of this height and width where these are free."""
    inputs = []
    for tensor in model.inputs:
        batch, *sizes = tensor.shape
        shape = (batch or 1, *(size if free is None else free for free in sizes))
        inputs.append(keras.KerasTensor(shape, tensor.dtype))
    with without_values(), numbering_names_anew():
        return computed_values(model, inputs)[1]


def last_line(error: Exception) -> str:
    """Return the last line of an error's message, where Keras puts the reason, cut short; the error's type if it has none."""
    lines = str(error).strip().splitlines()
    return lines[-1][:200] if lines else type(error).__name__
