"""Piper or Kokoro alone: `bare_voice.py ENGINE FOLDER VOICE` speaks each line of standard input and prints how long, in ms.

The clock runs from the text to the first sound with its timings, as the engine's own programming interface gives it.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path


def piper(folder: Path, voice: str):
    from piper import PiperVoice

    engine = PiperVoice.load(folder / (voice + ".onnx"), include_alignments=True)
    return lambda text: next(iter(engine.synthesize(text, include_alignments=True)))


def kokoro(folder: Path, voice: str):
    from kokoro_onnx import Kokoro

    engine = Kokoro(str(next(folder.glob("*.onnx"))), str(folder / "voices.bin"))
    return lambda text: engine.create_timed(text, voice, trim=False)


def main() -> None:
    engine, folder, voice = sys.argv[1:]
    speak = {"piper": piper, "kokoro": kokoro}[engine](Path(folder), voice)
    speak("Ready.")
    print("ready", flush=True)
    for line in sys.stdin:
        started = time.perf_counter()
        speak(line.strip())
        print((time.perf_counter() - started) * 1_000, flush=True)


if __name__ == "__main__":
    main()
