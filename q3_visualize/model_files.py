"""What may be opened as a network: .keras files of Keras' own layers, and nothing that would run code of somebody's."""

import json
import zipfile

from data.command_line import UserError

MOST_BYTES = 4_000_000_000  # that a model file may unpack to


def inspect(path):
    """Raises UserError for what is not such a file, from its list of members and its configuration alone."""
    if path.suffix != ".keras":
        raise UserError(f"{path}: only .keras files are opened; load it in Keras and save it with model.save('name.keras')")
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
            if size > MOST_BYTES:
                raise UserError(f"{path} would unpack to {size:,} bytes, more than {MOST_BYTES:,}")
            config = json.loads(archive.read("config.json"))
    except UserError:
        raise
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise UserError(f"{path} is no .keras file, or damaged ({error})") from error
    foreign = sorted(set(_foreign({**config, "compile_config": None})))
    if foreign:
        raise UserError(f"{path} needs code that is not Keras' own ({', '.join(foreign)}): it is not opened")


def _foreign(config):
    """Names of what is not from Keras in a configuration, at any depth: custom layers and functions, Lambda."""
    if isinstance(config, list):
        for part in config:
            yield from _foreign(part)
    elif isinstance(config, dict):
        name, module = config.get("class_name"), config.get("module")
        known = str(module).split(".")[0] in ("keras", "builtins") if module else not config.get("registered_name")
        if isinstance(name, str) and "config" in config and (not known or name in ("Lambda", "__lambda__")):
            yield name
        for part in config.values():
            yield from _foreign(part)
