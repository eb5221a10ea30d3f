#!/usr/bin/env python3
"""Makes testdata/log-mel.json with smart-turn's own feature code, for the test of log-mel-window.ts.

    python3 make-golden.py FOLDER_OF_UNPACKED_PIPECAT_WHEEL > testdata/log-mel.json

Needs numpy. The sound is made here and again in the test: a sum of tones that rises, with an offset, so that the
removal of the mean is seen. Each case keeps a few cells of the 80 x 800 features and the mean of all.
"""
import importlib.util
import json
import math
import sys
from pathlib import Path

import numpy as np

CELLS = [(0, 0), (0, 400), (0, 799), (1, 700), (1, 799), (2, 650), (7, 799), (20, 0), (20, 500), (40, 760), (63, 798), (79, 799)]
CASES = [("short, padded", 16_000), ("8 s exactly", 128_000), ("long, cut", 150_400), ("not a whole frame", 40_123)]


def sound(samples: int) -> np.ndarray:
    out = np.zeros(samples, dtype=np.int16)
    for n in range(samples):
        t = n / 16_000
        level = 4000 * (0.5 + 0.5 * math.sin(2 * math.pi * 0.7 * t))
        value = 200 + level * math.sin(2 * math.pi * (120 * t + 15 * t * t)) + 0.3 * level * math.sin(2 * math.pi * 2300 * t)
        out[n] = math.floor(value)
    return out


def main() -> None:
    path = Path(sys.argv[1]) / "pipecat/audio/turn/smart_turn/_whisper_features.py"
    spec = importlib.util.spec_from_file_location("features", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    cases = []
    for name, samples in CASES:
        pcm = sound(samples)[: samples // 160 * 160].astype(np.float32) / 32768
        pcm = pcm[-128_000:] if len(pcm) > 128_000 else np.pad(pcm, (128_000 - len(pcm), 0))
        features = module.compute_whisper_log_mel_features(pcm)
        cells = [[band, frame, round(float(features[band, frame]), 6)] for band, frame in CELLS]
        cases.append({"name": name, "samples": samples, "mean": round(float(features.mean()), 6), "cells": cells})
    json.dump({"source": "pipecat-ai 1.14.0, _whisper_features.py", "cases": cases}, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
