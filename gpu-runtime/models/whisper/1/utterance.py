"""One caller's sound with what they said about it, checked."""

from dataclasses import dataclass
from typing import Any

import numpy as np

SAMPLE_RATE_HZ = 16_000
# Whisper hears windows of 30 seconds.
MAX_SECONDS = 30
# The shortest sound that can hold a word: 0.1 s.
MIN_SAMPLES = SAMPLE_RATE_HZ // 10
# Louder than full scale by this much is not PCM in -1..1.
MAX_AMPLITUDE = 4.0
MAX_HINT_CHARACTERS = 2_000


class InvalidUtterance(Exception):
    """What is wrong with a request, in a sentence for its caller. Never holds what was said."""


@dataclass
class Utterance:
    """`samples`: mono, FP32 in -1..1 at 16 kHz. `language`: Whisper's code, or empty to find out."""

    samples: np.ndarray
    language: str = ""
    prompt: str = ""
    hotwords: str = ""
    wants_words: bool = False
    # A caption: quick matters more than right.
    draft: bool = False

    @property
    def seconds(self) -> float:
        return len(self.samples) / SAMPLE_RATE_HZ


def read_utterance(inputs: dict[str, np.ndarray], row: int) -> Utterance:
    """`inputs`: the request's tensors, the batch first. Raises InvalidUtterance."""

    def scalar(name: str) -> Any:
        values = inputs[name]
        if values.ndim != 2 or values.shape[1] != 1 or row >= values.shape[0]:
            raise InvalidUtterance("%s wants one element for each utterance." % name)
        return values[row, 0]

    rate = int(scalar("SAMPLE_RATE"))
    if rate != SAMPLE_RATE_HZ:
        raise InvalidUtterance("SAMPLE_RATE is %d; it wants %d." % (rate, SAMPLE_RATE_HZ))
    samples = inputs["SAMPLES"][row]
    length = int(scalar("LENGTH"))
    if not 0 <= length <= len(samples):
        raise InvalidUtterance("LENGTH is %d of %d SAMPLES." % (length, len(samples)))
    if length < MIN_SAMPLES:
        raise InvalidUtterance("LENGTH is %d; the shortest is %d (0.1 s)." % (length, MIN_SAMPLES))
    if length > MAX_SECONDS * SAMPLE_RATE_HZ:
        seconds = length / SAMPLE_RATE_HZ
        message = "SAMPLES last %.1f s; the longest is %d s: cut longer speech in its pauses."
        raise InvalidUtterance(message % (seconds, MAX_SECONDS))
    samples = np.asarray(samples[:length], dtype=np.float32)
    loudest = float(np.max(np.abs(samples)))
    if not np.isfinite(loudest):
        raise InvalidUtterance("SAMPLES hold values that are no numbers (NaN or infinite).")
    if loudest > MAX_AMPLITUDE:
        raise InvalidUtterance("SAMPLES reach %.0f; they want -1 to 1." % loudest)
    return Utterance(
        samples=samples,
        language=text_of(scalar("LANGUAGE"), "LANGUAGE", 10).lower(),
        prompt=text_of(scalar("PROMPT"), "PROMPT", MAX_HINT_CHARACTERS),
        hotwords=text_of(scalar("HOTWORDS"), "HOTWORDS", MAX_HINT_CHARACTERS),
        wants_words=bool(scalar("WORD_TIMES")),
        draft=bool(scalar("DRAFT")),
    )


def text_of(value: Any, name: str, max_characters: int) -> str:
    try:
        text = value.decode("utf-8") if isinstance(value, bytes) else str(value)
    except UnicodeDecodeError as error:
        raise InvalidUtterance("%s is no UTF-8." % name) from error
    if len(text) > max_characters:
        message = "%s has %d characters; the most is %d."
        raise InvalidUtterance(message % (name, len(text), max_characters))
    return text.strip()
