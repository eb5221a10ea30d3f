"""Kokoro's voices, spoken by a process of its own: kokoro-onnx brings espeak-ng (GPL-3) for its phonemes."""

from pathlib import Path

from speech_model import SpeechModel


class TritonPythonModel(SpeechModel):
    engine = "kokoro"
    program = Path(__file__).with_name("kokoro_worker.py")
