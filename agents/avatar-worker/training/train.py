"""Teaches media/visemes/from-sound/network.json to name sounds.

    node --import tsx agents/avatar-worker/training/corpus.ts FOLDER
    python3 agents/avatar-worker/training/train.py FOLDER media/visemes/from-sound/network.json

Needs numpy; takes about 20 s on one core. The features are those of media/visemes/from-sound/spectrum.ts: both must change
together. Voices of other bodies are made from the six by moving the bands (formants), tilting and adding noise.
"""

import base64
import json
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

RATE_HZ, HOP, WINDOW, SIZE, BANDS = 16_000, 160, 400, 512, 20
FRAMES_BEFORE, FRAMES_AFTER, HIDDEN = 6, 3, 32
FIRST_LEVEL_DB, LEAST_LEVEL_DB, LEVEL_DECAY_DB, DB_PER_UNIT = 118.0, 95.0, 0.04, 20.0
VARIANTS, EPOCHS, BATCH = 5, 14, 256

# Sounds that look alike are one output, named by the first of them.
GROUPS = [
    "pau sil sp h#", "aa", "ae", "ah ax", "eh", "ih iy ix y", "ao", "uw w uh", "er r axr", "p b",
    "m", "f v", "th dh", "d t dx", "n nx en", "l el", "k g ng", "s z", "sh ch jh zh", "hh hv q",
]  # fmt: skip
NAMES = [group.split()[0] for group in GROUPS]
OUTPUT_OF = {sound: index for index, group in enumerate(GROUPS) for sound in group.split()}
REDUCED = OUTPUT_OF["ah"]
DIPHTHONGS = {
    "aw": ("aa", "uw"),
    "ay": ("aa", "ih"),
    "ey": ("eh", "ih"),
    "ow": ("ao", "uw"),
    "oy": ("ao", "ih"),
}
FIRST_SHARE = 0.6

random = np.random.default_rng(3)
bins_hz = np.fft.rfftfreq(SIZE, 1 / RATE_HZ)
window = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(WINDOW) + 0.5) / WINDOW)


def bank(warp: float) -> NDArray[np.float64]:
    """Triangles over the transform's bins, one row a band; `warp` moves all formants."""
    low, high = 1127 * np.log1p(80 / 700), 1127 * np.log1p(7600 / 700)
    edges = np.minimum(700 * np.expm1(np.linspace(low, high, BANDS + 2) / 1127) * warp, 7990)
    rows = [
        np.maximum(0, np.minimum((bins_hz - a) / (b - a), (c - bins_hz) / (c - b)))
        for a, b, c in zip(edges, edges[1:], edges[2:])
    ]
    return np.array(rows)


def powers(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    count = len(samples) // HOP
    padded = np.concatenate([np.zeros((WINDOW - HOP) // 2), samples, np.zeros(WINDOW)])
    frames = np.stack([padded[at * HOP : at * HOP + WINDOW] for at in range(count)])
    return np.abs(np.fft.rfft(frames * window, SIZE)) ** 2


def levels(power: NDArray[np.float64]) -> NDArray[np.float64]:
    level, followed = FIRST_LEVEL_DB, []
    for total in 10 * np.log10(power.sum(1) + 1):
        level = max(total, level - LEVEL_DECAY_DB, LEAST_LEVEL_DB)
        followed.append(level)
    return np.array(followed)


def features(power: NDArray[np.float64], warp: float, noise: float, tilt_db: float) -> Floats:
    rows = bank(warp)
    energy = power @ rows.T
    if noise > 0:
        energy = energy + noise * random.chisquare(6, energy.shape) / 6 * rows.sum(1)
    loudness = 10 * np.log10(energy + 1) + tilt_db * np.linspace(-1, 1, BANDS)
    relative = np.clip((loudness - levels(power)[:, None]) / DB_PER_UNIT, -3.5, 0.5)
    before = np.full((FRAMES_BEFORE, BANDS), -3.0)
    after = np.full((FRAMES_AFTER, BANDS), -3.0)
    padded = np.vstack([before, relative, after])
    seen = range(FRAMES_BEFORE + 1 + FRAMES_AFTER)
    return np.hstack([padded[at : at + len(relative)] for at in seen]).astype(np.float32)


def outputs(marks: list[dict[str, float | str]], count: int) -> NDArray[np.int64]:
    said = np.zeros(count, int)
    for mark in marks:
        sound, start, end = str(mark["phoneme"]), float(mark["startMs"]), float(mark["endMs"])
        middle = start + FIRST_SHARE * (end - start)
        pair = DIPHTHONGS.get(sound)
        parts = [(sound, start, end)]
        if pair is not None:
            parts = [(pair[0], start, middle), (pair[1], middle, end)]
        for part, from_ms, to_ms in parts:
            said[round(from_ms / 10) : round(to_ms / 10)] = OUTPUT_OF.get(part, REDUCED)
    return said


def corpus(folder: Path) -> tuple[Floats, NDArray[np.int64]]:
    inputs, wanted = [], []
    for entry in json.loads((folder / "index.json").read_text()):
        samples = np.frombuffer((folder / f"{entry['name']}.pcm").read_bytes(), "<i2")
        power = powers(samples.astype(float))
        said = outputs(entry["marks"], len(power))
        inputs.append(features(power, 1, 0, 0))
        wanted.append(said)
        for _ in range(VARIANTS - 1):
            gain = 10 ** (random.uniform(-12, 3) / 10)
            noise = 10 ** random.uniform(2, 5.5)
            warp, tilt_db = random.uniform(0.84, 1.16), random.uniform(-6, 6)
            inputs.append(features(power * gain, warp, noise, tilt_db))
            wanted.append(said)
    return np.vstack(inputs), np.concatenate(wanted)


def train(inputs: Floats, wanted: NDArray[np.int64]) -> list[Floats]:
    """One hidden layer, cross-entropy, Adam; a tenth of the inputs is left out each time."""
    width, count = inputs.shape[1], len(NAMES)
    parameters = [
        (random.normal(size=(width, HIDDEN)) / np.sqrt(width)).astype(np.float32),
        np.zeros(HIDDEN, np.float32),
        (random.normal(size=(HIDDEN, count)) / np.sqrt(HIDDEN)).astype(np.float32),
        np.zeros(count, np.float32),
    ]
    means = [np.zeros_like(one) for one in parameters]
    squares = [np.zeros_like(one) for one in parameters]
    step = 0
    for epoch in range(EPOCHS):
        rate = 1e-4 + 3e-3 * 0.5 * (1 + np.cos(np.pi * epoch / EPOCHS))
        order = random.permutation(len(inputs))
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            seen = inputs[chosen] * (random.random((len(chosen), width)) > 0.1)
            first, first_bias, second, second_bias = parameters
            hidden = np.tanh(seen @ first + first_bias)
            scores = hidden @ second + second_bias
            odds = np.exp(scores - scores.max(1, keepdims=True))
            error = odds / odds.sum(1, keepdims=True)
            error[np.arange(len(chosen)), wanted[chosen]] -= 1
            error /= len(chosen)
            back = (error @ second.T) * (1 - hidden**2)
            gradients = [
                seen.T @ back + 1e-5 * first,
                back.sum(0),
                hidden.T @ error,
                error.sum(0),
            ]
            step += 1
            for one, gradient, mean, square in zip(parameters, gradients, means, squares):
                mean += 0.1 * (gradient - mean)
                square += 0.001 * (gradient**2 - square)
                unbiased = np.sqrt(square / (1 - 0.999**step)) + 1e-8
                one -= rate * mean / (1 - 0.9**step) / unbiased
    return parameters


def layer(weights: Floats, bias: Floats) -> dict[str, object]:
    scale = float(np.abs(weights).max() / 127)
    steps = np.round(weights / scale).astype(np.int8)
    return {
        "scale": scale,
        "weights": base64.b64encode(steps.tobytes()).decode(),
        "bias": [round(float(value), 4) for value in bias],
    }


def main(folder: Path, target: Path) -> None:
    first, first_bias, second, second_bias = train(*corpus(folder))
    network = {
        "phonemes": NAMES,
        "bands": BANDS,
        "framesBefore": FRAMES_BEFORE,
        "framesAfter": FRAMES_AFTER,
        "hidden": HIDDEN,
        "first": layer(first, first_bias),
        "second": layer(second, second_bias),
    }
    target.write_text(json.dumps(network, indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
