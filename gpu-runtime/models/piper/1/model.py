"""Piper's voices, spoken by a process of its own (Piper is GPL-3)."""

from pathlib import Path

from speech_model import SpeechModel


class TritonPythonModel(SpeechModel):
    engine = "piper"
    program = Path(__file__).with_name("piper_worker.py")
