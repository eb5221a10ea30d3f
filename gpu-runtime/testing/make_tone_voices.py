"""Builds voices without weights: `make_tone_voices.py FOLDER` writes FOLDER/piper and FOLDER/kokoro.

Each is a graph with the inputs and outputs of the real models. A table says for each phoneme how long it lasts, how loud
it is and which two tones it is made of; a sound comes out in which every phoneme can be found again by its length.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from kokoro_onnx.config import DEFAULT_VOCAB
from onnx import TensorProto, helper, numpy_helper
from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

# The first two formants of vowels, in Hz.
FORMANTS = {
    "a": (800, 1300), "ɑ": (750, 1100), "æ": (700, 1700), "ɐ": (680, 1350), "ʌ": (640, 1200),
    "ɛ": (580, 1850), "e": (450, 2200), "ə": (500, 1400), "ɪ": (400, 2000), "i": (290, 2350),
    "o": (450, 900), "ɔ": (560, 950), "ʊ": (380, 1050), "u": (310, 850), "ɚ": (490, 1350),
    "ɜ": (500, 1400), "ʉ": (300, 1600), "ø": (400, 1600), "œ": (550, 1500), "y": (280, 2000),
}  # fmt: skip
SONORANTS = "mnŋlɹrwj"
SILENT = "_^$ˈˌ"
PAUSES = ",.;:!?—…"


@dataclass
class Sound:
    """`seconds` is how long; the level is of full scale."""

    seconds: float
    level: float = 0.0
    tones_hz: tuple[float, float] = (400.0, 1200.0)


def sound_of(phoneme: str) -> Sound:
    if phoneme in FORMANTS:
        return Sound(0.1, 0.25, FORMANTS[phoneme])
    if phoneme in SILENT:
        return Sound(0.011)
    if phoneme == "ː":
        return Sound(0.045, 0.2, (500, 1400))
    if phoneme == " ":
        return Sound(0.023)
    if phoneme in PAUSES:
        return Sound(0.16)
    if phoneme in SONORANTS:
        return Sound(0.06, 0.14, (280, 1100))
    return Sound(0.06, 0.03, (1900, 3300))


class Graph:
    """A graph in the making: each call adds a node and gives the name of its output."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: np.ndarray) -> str:
        name = "constant_%d" % len(self.constants)
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def add(self, kind: str, *inputs: str, name: str = "", **attributes: object) -> str:
        output = name or "%s_%d" % (kind.lower(), len(self.nodes))
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def save(self, path: Path, inputs: list, outputs: list) -> None:
        graph = helper.make_graph(self.nodes, "tone_voice", inputs, outputs, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model)
        onnx.save(model, path)


def speak(graph: Graph, ids: str, frames: str, table: list[Sound], rate: int, hop: int, pitch_hz: float) -> str:
    """The sound of `ids`, each `frames` hops long (whole numbers)."""
    zero, one = graph.constant(np.int64(0)), graph.constant(np.int64(1))
    axis_0, axis_1 = graph.constant(np.array([0])), graph.constant(np.array([1]))
    samples = graph.add("Mul", frames, graph.constant(np.int64(hop)))
    ends = graph.add("CumSum", samples, zero)
    total = graph.add("ReduceSum", samples, axis_0, keepdims=1)
    time = graph.add("Range", zero, graph.add("ReduceSum", samples, axis_0, keepdims=0), one)
    # The phoneme of a sample is the number of phonemes that have ended.
    longer = graph.add("Add", total, axis_1)
    nothing = graph.add("ConstantOfShape", longer, value=numpy_helper.from_array(np.array([0])))
    ones = graph.add("Add", graph.add("Mul", samples, zero), one)
    marks = graph.add("ScatterElements", nothing, ends, ones, axis=0, reduction="add")
    index = graph.add("CumSum", graph.add("Slice", marks, axis_0, total), zero)
    phoneme = graph.add("Gather", ids, index)
    steps = graph.add("Cast", time, to=TensorProto.FLOAT)

    def of_table(values: list[float]) -> str:
        return graph.add("Gather", graph.constant(np.array(values, np.float32)), phoneme)

    def tone(step: str) -> str:
        return graph.add("Sin", graph.add("Mul", steps, step))

    turn = 2 * np.pi / rate
    half = graph.constant(np.float32(0.5))
    low = tone(of_table([sound.tones_hz[0] * turn for sound in table]))
    high = graph.add("Mul", tone(of_table([sound.tones_hz[1] * turn for sound in table])), half)
    pulse = graph.add("Mul", tone(graph.constant(np.float32(pitch_hz * turn))), half)
    voiced = graph.add("Mul", graph.add("Add", low, high), graph.add("Add", pulse, half))
    return graph.add("Mul", voiced, of_table([sound.level for sound in table]))


def table_of(ids: dict[str, list[int]]) -> list[Sound]:
    table = [Sound(0.01)] * (max(each for several in ids.values() for each in several) + 1)
    for phoneme, several in ids.items():
        for each in several:
            table[each] = sound_of(phoneme)
    return table


def make_piper(path: Path, language: str, espeak: str, gender: str, pitch_hz: float) -> None:
    rate, hop = 22_050, 256
    table = table_of(DEFAULT_PHONEME_ID_MAP)
    graph = Graph()
    ids = graph.add("Squeeze", "input", graph.constant(np.array([0])))
    lengths = graph.constant(np.array([sound.seconds * rate / hop for sound in table], np.float32))
    scale = graph.add("Gather", "scales", graph.constant(np.int64(1)))
    # Piper finds the lengths of phonemes by the kind and name of this node.
    frames = graph.add("Ceil", graph.add("Mul", graph.add("Gather", lengths, ids), scale), name="w_ceil")
    frames = graph.add("Cast", frames, to=TensorProto.INT64)
    sound = speak(graph, ids, frames, table, rate, hop, pitch_hz)
    graph.add("Reshape", sound, graph.constant(np.array([1, 1, -1])), name="output")
    graph.save(
        path,
        [
            helper.make_tensor_value_info("input", TensorProto.INT64, ["batch_size", "phonemes"]),
            helper.make_tensor_value_info("input_lengths", TensorProto.INT64, ["batch_size"]),
            helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
        ],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch_size", 1, "time"])],
    )
    config = {
        "audio": {"sample_rate": rate, "quality": "low"},
        "espeak": {"voice": espeak},
        "language": {"code": language},
        "dataset": "tone",
        "inference": {"noise_scale": 0.667, "length_scale": 1.0, "noise_w": 0.8},
        "phoneme_type": "espeak",
        "phoneme_id_map": DEFAULT_PHONEME_ID_MAP,
        "num_symbols": len(table),
        "num_speakers": 1,
        "speaker_id_map": {},
        "hop_length": hop,
        "understudy": {"gender": gender, "licence": "CC0"},
    }
    Path(str(path) + ".json").write_text(json.dumps(config, ensure_ascii=False), "utf-8")


def make_kokoro(folder: Path) -> None:
    rate, hop = 24_000, 600
    table = table_of({phoneme: [each] for phoneme, each in DEFAULT_VOCAB.items()})
    graph = Graph()
    ids = graph.add("Squeeze", "input_ids", graph.constant(np.array([0])))
    lengths = graph.constant(np.array([sound.seconds * rate / hop for sound in table], np.float32))
    frames = graph.add("Ceil", graph.add("Div", graph.add("Gather", lengths, ids), "speed"))
    frames = graph.add("Cast", frames, to=TensorProto.INT64, name="duration")
    sound = speak(graph, ids, frames, table, rate, hop, 170)
    # The style is taken and changes nothing.
    style = graph.add("ReduceMean", "style", keepdims=0)
    nothing = graph.add("Mul", style, graph.constant(np.float32(0)))
    graph.add("Add", sound, nothing, name="waveform")
    graph.save(
        folder / "tone-kokoro.onnx",
        [
            helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "n"]),
            helper.make_tensor_value_info("style", TensorProto.FLOAT, [1, 256]),
            helper.make_tensor_value_info("speed", TensorProto.FLOAT, [1]),
        ],
        [
            helper.make_tensor_value_info("waveform", TensorProto.FLOAT, ["t"]),
            helper.make_tensor_value_info("duration", TensorProto.INT64, ["n"]),
        ],
    )
    style = np.zeros((510, 1, 256), np.float32)
    with open(folder / "voices.bin", "wb") as file:
        np.savez_compressed(file, af_tone=style, am_tone=style)


def main() -> None:
    folder = Path(sys.argv[1])
    (folder / "piper").mkdir(parents=True, exist_ok=True)
    (folder / "kokoro").mkdir(exist_ok=True)
    make_piper(folder / "piper" / "en_US-tone_female.onnx", "en_US", "en-us", "female", 200)
    make_piper(folder / "piper" / "en_US-tone_male.onnx", "en_US", "en-us", "male", 110)
    make_piper(folder / "piper" / "sv_SE-tone_female.onnx", "sv_SE", "sv", "female", 200)
    make_kokoro(folder / "kokoro")


if __name__ == "__main__":
    main()
