"""Whether sound holds speech at all, and where. What passes no speech reaches no decoder, which would invent some."""

from dataclasses import dataclass
from typing import Callable, Optional

import numpy as np

from utterance import SAMPLE_RATE_HZ

# Silero's window: 32 ms.
WINDOW = 512
# Quieter than -60 dBFS in its loudest window is silence to any microphone.
QUIET_RMS = 0.001
# Silero's own recommendation.
VOICED_PROBABILITY = 0.5
# Three windows: the shortest "yes" has more, a click fewer.
MIN_VOICED_WINDOWS = 3
# What stays around the first and the last voice: soft beginnings and ends are found late.
MARGIN_SECONDS = 0.4

# One probability of speech for each window of 512 samples.
VoiceDetector = Callable[[np.ndarray], np.ndarray]


@dataclass
class Speech:
    """Where speech begins and ends, in samples, margins included, and how much of it is voiced."""

    begin: int
    end: int
    voiced_seconds: float


def find_speech(samples: np.ndarray, detect: VoiceDetector) -> Optional[Speech]:
    """None: silence, or sound without a voice."""
    padded = np.pad(samples, (0, -len(samples) % WINDOW))
    loudness = np.sqrt(np.mean(padded.reshape(-1, WINDOW) ** 2, axis=1))
    if loudness.max() < QUIET_RMS:
        return None
    voiced = np.flatnonzero(np.ravel(detect(padded)) >= VOICED_PROBABILITY)
    if len(voiced) < MIN_VOICED_WINDOWS:
        return None
    margin = int(MARGIN_SECONDS * SAMPLE_RATE_HZ)
    return Speech(
        begin=max(0, int(voiced[0]) * WINDOW - margin),
        end=min(len(samples), (int(voiced[-1]) + 1) * WINDOW + margin),
        voiced_seconds=len(voiced) * WINDOW / SAMPLE_RATE_HZ,
    )
