"""The host's side of a voice: the engine runs in a child process with an interpreter of its own.

Engines bring GPL libraries (Piper itself; espeak-ng under Kokoro). Nothing of theirs is imported here: a frame with a text
goes out to the child, a frame with sound comes back. `speech_worker.py` is the child's side.

A frame is 4 bytes, little endian, the length of a JSON header; the header; then `bytes` bytes of samples, signed 16 bit.
"""

from __future__ import annotations

import fcntl
import json
import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import triton_python_backend_utils as pb_utils

HELP = "This makes it: node --import tsx gpu-runtime/environments/make.ts voices"
MAX_TEXT_CHARACTERS = 2_000
MIN_SPEED = 0.5
MAX_SPEED = 2.0
CLOSE_SECONDS = 2
# A pipe holds 64 KiB by default, less than a second of sound; a clause goes through this one at once.
PIPE_BYTES = 1 << 20
F_SETPIPE_SZ = 1031


class SpeechRefused(Exception):
    """The request is wrong."""


class EngineFailed(Exception):
    """The engine could not speak, or has ended."""


def data_folder() -> Path:
    """Where the project keeps what it installs."""
    project = Path(__file__).resolve().parents[3]
    return project / os.environ.get("UNDERSTUDY_DATA", ".understudy")


def find_python() -> Path:
    chosen = os.environ.get("UNDERSTUDY_PYTHON_VOICES")
    if chosen:
        python = Path(chosen)
    elif Path(sys.prefix).name == "voices":
        # The runtime has put the host into the environment already; Triton has its own.
        python = Path(sys.executable)
    else:
        python = data_folder() / "voices" / "bin" / "python"
    if not python.exists():
        raise EngineFailed("The voices' Python environment is not here (%s). %s" % (python, HELP))
    return python


def find_voices(engine: str) -> Path:
    chosen = os.environ.get("UNDERSTUDY_%s_VOICES" % engine.upper())
    folder = Path(chosen) if chosen else data_folder() / "models" / engine
    if not folder.is_dir():
        raise EngineFailed("There are no voices: no folder %s." % folder)
    return folder


class EngineProcess:
    """The child. One request at a time."""

    def __init__(self, command: list[str]) -> None:
        # What the host was given to find its own packages is not for the engine.
        hidden = ("PYTHONPATH", "PYTHONHOME")
        environment = {key: value for key, value in os.environ.items() if key not in hidden}
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )
        try:
            fcntl.fcntl(self._process.stdout, F_SETPIPE_SZ, PIPE_BYTES)
        except OSError:
            # Not on this system, or not so much for this user: it goes in parts.
            pass
        header, _ = self._read()
        if "failed" in header:
            self.close()
            raise EngineFailed(header["failed"])
        self.voices: list[dict[str, str]] = header["voices"]

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, text: str, voice: str, speed: float) -> tuple[dict[str, Any], bytes]:
        request = json.dumps({"text": text, "voice": voice, "speed": speed}).encode()
        try:
            self._process.stdin.write(struct.pack("<I", len(request)) + request)
            self._process.stdin.flush()
        except OSError as error:
            raise EngineFailed("Its process has ended.") from error
        header, sound = self._read()
        if "refused" in header:
            raise SpeechRefused(header["refused"])
        if "failed" in header:
            raise EngineFailed(header["failed"])
        return header, sound

    def close(self) -> None:
        self._process.stdin.close()
        try:
            self._process.wait(CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def _read(self) -> tuple[dict[str, Any], bytes]:
        (length,) = struct.unpack("<I", self._exactly(4))
        header = json.loads(self._exactly(length))
        return header, self._exactly(header.get("bytes", 0))

    def _exactly(self, count: int) -> bytes:
        data = self._process.stdout.read(count)
        if len(data) < count:
            raise EngineFailed("Its process has ended.")
        return data


class SpeechModel:
    """What `TritonPythonModel` of each voice model is. The subclass names its engine and the child's program."""

    engine = ""
    program = Path()

    def initialize(self, _arguments: dict[str, str]) -> None:
        self._child = self._start()

    def execute(self, requests: list[Any]) -> list[Any]:
        return [self._answer(request) for request in requests]

    def finalize(self) -> None:
        self._child.close()

    def _start(self) -> EngineProcess:
        folder = find_voices(self.engine)
        return EngineProcess([str(find_python()), "-u", "-X", "utf8", str(self.program), str(folder)])

    def _answer(self, request: Any) -> Any:
        try:
            return pb_utils.InferenceResponse(self._speak(*read_request(request)))
        except SpeechRefused as error:
            return failure(str(error), pb_utils.TritonError.INVALID_ARG)
        except EngineFailed as error:
            return failure(str(error), pb_utils.TritonError.INTERNAL)

    def _speak(self, text: str, voice: str, speed: float) -> list[Any]:
        if not self._child.alive:
            self._child.close()
            self._child = self._start()
        if text.strip() == "":
            voices = [json.dumps(each) for each in self._child.voices]
            return outputs({"sampleRateHz": 0}, b"", voices)
        header, sound = self._child.ask(text, voice, speed)
        return outputs(header, sound, [])


def read_request(request: Any) -> tuple[str, str, float]:
    def first(name: str) -> Any:
        return pb_utils.get_input_tensor_by_name(request, name).as_numpy().ravel()[0]

    try:
        text = first("TEXT").decode()
        voice = first("VOICE").decode()
    except UnicodeDecodeError as error:
        raise SpeechRefused("TEXT or VOICE is not UTF-8.") from error
    if len(text) > MAX_TEXT_CHARACTERS:
        raise SpeechRefused("TEXT is longer than %d characters." % MAX_TEXT_CHARACTERS)
    speed = float(first("SPEED"))
    # NaN fails the comparison too.
    if text.strip() != "" and not MIN_SPEED <= speed <= MAX_SPEED:
        raise SpeechRefused("SPEED is not between %.1f and %.1f." % (MIN_SPEED, MAX_SPEED))
    return text, voice, speed


def outputs(header: dict[str, Any], sound: bytes, voices: list[str]) -> list[Any]:
    def strings(values: list[str]) -> np.ndarray:
        array = np.empty(len(values), dtype=np.object_)
        array[:] = [value.encode() for value in values]
        return array

    return [
        pb_utils.Tensor("SOUND", np.frombuffer(sound, dtype=np.int16)),
        pb_utils.Tensor("SAMPLE_RATE", np.array([header["sampleRateHz"]], dtype=np.int32)),
        pb_utils.Tensor("PHONEMES", strings(header.get("phonemes", []))),
        pb_utils.Tensor("PHONEME_SAMPLES", np.array(header.get("samples", []), dtype=np.int32)),
        pb_utils.Tensor("WORDS", strings(header.get("words", []))),
        pb_utils.Tensor("VOICES", strings(voices)),
    ]


def failure(message: str, code: Any) -> Any:
    return pb_utils.InferenceResponse(error=pb_utils.TritonError(message, code))
