"""Kokoro in a process of its own.

The folder that is given holds one `*.onnx`, and one `voices*.bin` or `voices*.npz` or a folder `voices` with a file of 32-bit
floats for each.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

import numpy as np  # noqa: E402
import onnxruntime  # noqa: E402
from kokoro_onnx import Kokoro as KokoroModel  # noqa: E402
from kokoro_onnx.session import resolve_providers  # noqa: E402
from phonemizer.backend import EspeakBackend  # noqa: E402
from speech_worker import Speech, VoiceUnknown, serve, words_of  # noqa: E402

# A voice's name begins with its language and gender: af_heart is an American woman.
# Its languages, as written in BCP 47 and as espeak-ng calls them.
LANGUAGES = {
    "a": ("en-US", "en-us"),
    "b": ("en-GB", "en-gb"),
    "e": ("es", "es"),
    "f": ("fr", "fr-fr"),
    "h": ("hi", "hi"),
    "i": ("it", "it"),
    "p": ("pt-BR", "pt-br"),
}
MAX_KNOWN_WORDS = 5_000
# One style per length of text.
STYLE_FLOATS = 256


def one_of(folder: Path, *patterns: str) -> Path:
    found = sorted(path for pattern in patterns for path in folder.glob(pattern))
    if not found:
        raise FileNotFoundError("no %s in %s" % (" or ".join(patterns), folder))
    return found[0]


def voices_of(folder: Path) -> Path:
    """The voices in one file, as kokoro-onnx reads them; made from single ones where those are newer."""
    single = sorted((folder / "voices").glob("*.bin"))
    if not single:
        return one_of(folder, "voices*.bin", "voices*.npz")
    packed = folder / "voices.npz"
    if not packed.exists() or any(each.stat().st_mtime > packed.stat().st_mtime for each in single):
        styles = {each.stem: np.fromfile(each, np.float32).reshape(-1, 1, STYLE_FLOATS) for each in single}
        part = folder / ("voices.%d.part" % os.getpid())
        with part.open("wb") as file:
            np.savez(file, **styles)
        part.replace(packed)
    return packed


class Kokoro:
    def __init__(self, folder: Path) -> None:
        model = one_of(folder, "*.onnx")
        session = onnxruntime.InferenceSession(
            str(model), sess_options=onnxruntime.SessionOptions(), providers=resolve_providers()
        )
        voices = voices_of(folder)
        self._model = KokoroModel.from_session(session, str(voices))
        self._phonemizers: dict[str, EspeakBackend] = {}
        self._known_words: dict[tuple[str, str], str] = {}
        # Other languages need phonemizers of their own, which are not here.
        names = [name for name in self._model.get_voices() if name[0] in LANGUAGES]
        self.voices = [
            {
                "id": name,
                "language": LANGUAGES[name[0]][0],
                "gender": "male" if name[1:2] == "m" else "female",
                "licence": "Apache-2.0",
            }
            for name in names
        ]
        if not names:
            raise ValueError("no usable voice in %s" % folder)
        self.speak("Ready.", names[0], 1.0)

    def speak(self, text: str, voice: str, speed: float) -> Speech:
        if not any(each["id"] == voice for each in self.voices):
            raise VoiceUnknown("There is no such voice here.")
        language = LANGUAGES[voice[0]][1]
        phonemes = self._phonemize(text, language)
        if phonemes == "":
            return Speech(sample_rate_hz=24_000, words=["" for _ in text.split()])
        # Clauses are cut and their silences are set by the caller.
        sound, rate, timings = self._model.create_timed(
            phonemes, voice, speed, lang=language, is_phonemes=True, trim=False,
            sentence_pause=0.0, clause_pause=0.0,
        )  # fmt: skip
        pcm = (np.clip(sound, -1.0, 1.0) * 32_767).astype(np.int16)
        speech = Speech(sample_rate_hz=rate, sound=pcm.tobytes(), phonemes=list(phonemes))
        if timings:
            speech.phonemes, speech.samples = spread(timings, rate, len(pcm))
        speech.words = words_of(speech.phonemes, text.split()) or [
            self._pronounce(word, language) for word in text.split()
        ]
        return speech

    def _phonemize(self, text: str, language: str) -> str:
        """As kokoro-onnx does it, with one phonemizer for all calls."""
        phonemizer = self._phonemizers.get(language)
        if phonemizer is None:
            phonemizer = EspeakBackend(language, preserve_punctuation=True, with_stress=True)
            self._phonemizers[language] = phonemizer
        made = phonemizer.phonemize([text.strip()])
        known = self._model.tokenizer.vocab
        return "".join(each for each in "".join(made) if each in known).strip()

    def _pronounce(self, word: str, language: str) -> str:
        key = (language, word)
        if key not in self._known_words:
            if len(self._known_words) >= MAX_KNOWN_WORDS:
                self._known_words.clear()
            self._known_words[key] = self._phonemize(word, language)
        return self._known_words[key]


def spread(timings: list, rate: int, samples: int) -> tuple[list[str], list[int]]:
    """Phonemes one after the other with their lengths, silence before, between and after them named so."""
    phonemes: list[str] = []
    lengths: list[int] = []
    at = 0
    for timing in timings:
        start = min(samples, round(timing.start * rate))
        end = min(samples, round(timing.end * rate))
        if start > at:
            phonemes.append(".")
            lengths.append(start - at)
        phonemes.append(timing.phoneme)
        lengths.append(max(0, end - max(at, start)))
        at = max(at, end)
    if samples > at:
        phonemes.append(".")
        lengths.append(samples - at)
    return phonemes, lengths


if __name__ == "__main__":
    serve(Kokoro)
