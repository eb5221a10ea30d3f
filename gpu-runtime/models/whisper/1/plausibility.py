"""Whether a decoded text can be what was said. Whisper invents text on noise; invented text gives itself away."""

import zlib
from typing import Optional

# The first three thresholds are those of Whisper's own transcription loop (openai/whisper, transcribe.py).
MAX_NO_SPEECH = 0.6
MIN_MEAN_LOGPROB = -1.0
MAX_COMPRESSION = 2.4
# Below this no single word may be trusted, whatever else speaks for the text.
LEAST_MEAN_LOGPROB = -1.5
# The fastest talkers reach about six words in a second of voice; a short murmur gets some leeway.
MAX_WORDS_PER_SECOND = 8.0
WORDS_ALLOWED = 3


def why_implausible(
    text: str, mean_logprob: float, no_speech: float, voiced_seconds: float
) -> Optional[str]:
    """`no-speech`, `repetition`, `too-fast`, `improbable`, or None where the text may stand."""
    if no_speech > MAX_NO_SPEECH and mean_logprob < MIN_MEAN_LOGPROB:
        return "no-speech"
    if compression_of(text) > MAX_COMPRESSION:
        return "repetition"
    if len(text.split()) > WORDS_ALLOWED + MAX_WORDS_PER_SECOND * voiced_seconds:
        return "too-fast"
    if mean_logprob < LEAST_MEAN_LOGPROB:
        return "improbable"
    return None


def compression_of(text: str) -> float:
    """How many times smaller the text becomes when packed; text that goes in circles packs well."""
    data = text.encode("utf-8")
    return len(data) / len(zlib.compress(data))
