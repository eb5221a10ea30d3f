"""The child's side of a voice: loads the engine, then answers frames on standard input until that ends.

Frames are those of `speech_model.py`. Out first: {"voices": [{id, language, gender, licence}]} or {"failed"}. Then, for
each {"text", "voice", "speed"}: {"sampleRateHz", "phonemes", "samples", "words", "bytes"} with the sound, or {"refused"}
(the request is wrong), or {"failed"}.
"""

from __future__ import annotations

import json
import os
import struct
import sys
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Callable, Protocol

MAX_MESSAGE_CHARACTERS = 300


class VoiceUnknown(Exception):
    """The request names a voice that is not here."""


@dataclass
class Speech:
    """`sound` is PCM, signed 16 bit. `samples` holds the length of each phoneme and is empty where nobody knows."""

    sample_rate_hz: int
    sound: bytes = b""
    phonemes: list[str] = field(default_factory=list)
    samples: list[int] = field(default_factory=list)
    # How each word of the text, cut at spaces, sounds alone: IPA.
    words: list[str] = field(default_factory=list)


class Engine(Protocol):
    voices: list[dict[str, str]]

    def speak(self, text: str, voice: str, speed: float) -> Speech: ...


def share_the_machine() -> None:
    """Threads of onnxruntime that have nothing to do sleep. By default they spin: a clause of 4 ms then costs 14 ms."""
    import onnxruntime

    class SleepyOptions(onnxruntime.SessionOptions):
        def __init__(self) -> None:
            super().__init__()
            self.add_session_config_entry("session.intra_op.allow_spinning", "0")
            self.add_session_config_entry("session.inter_op.allow_spinning", "0")

    # Piper makes its own options.
    onnxruntime.SessionOptions = SleepyOptions


def words_of(phonemes: list[str], words: list[str]) -> list[str]:
    """The phonemes of each word; empty where espeak-ng has read two words as one, or one as two."""
    spoken = "".join(phonemes).split()
    return spoken if len(spoken) == len(words) else []


def describe(error: Exception) -> str:
    return ("%s: %s" % (type(error).__name__, error))[:MAX_MESSAGE_CHARACTERS]


def serve(open_engine: Callable[[Path], Engine]) -> None:
    source = os.fdopen(os.dup(0), "rb")
    sink = os.fdopen(os.dup(1), "wb")
    # What libraries print must not meet the frames.
    os.dup2(2, 1)
    share_the_machine()
    try:
        engine = open_engine(Path(sys.argv[1]))
    except Exception as error:
        traceback.print_exc()
        write(sink, {"failed": describe(error)})
        return
    write(sink, {"voices": engine.voices})
    while (request := read(source)) is not None:
        answer(sink, engine, request)


def answer(sink: BinaryIO, engine: Engine, request: dict[str, Any]) -> None:
    try:
        speech = engine.speak(request["text"], request["voice"], request["speed"])
    except VoiceUnknown as error:
        write(sink, {"refused": str(error)})
    except Exception as error:
        # The message of an engine may quote the text, so only its kind leaves this process.
        write(sink, {"failed": "The engine raised %s." % type(error).__name__})
    else:
        header = {
            "sampleRateHz": speech.sample_rate_hz,
            "phonemes": speech.phonemes,
            "samples": speech.samples,
            "words": speech.words,
        }
        write(sink, header, speech.sound)


def read(source: BinaryIO) -> dict[str, Any] | None:
    length = source.read(4)
    if len(length) < 4:
        return None
    return json.loads(source.read(struct.unpack("<I", length)[0]))


def write(sink: BinaryIO, header: dict[str, Any], sound: bytes = b"") -> None:
    text = json.dumps({**header, "bytes": len(sound)}).encode()
    sink.write(struct.pack("<I", len(text)))
    sink.write(text)
    sink.write(sound)
    sink.flush()
