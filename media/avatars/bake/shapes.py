"""Which mouths to draw: a corpus of mouths that speech makes, and the few that represent it best.

Geometry is known without drawing: the rig prints landmarks for any pose. So closeness is measured in pixels of lip
movement, and the run-time predicts landmarks with a quadratic polynomial fitted here.
"""

import json
import subprocess

import numpy as np

SMILES = (-0.5, 0.2, 0.55, 1.0)  # smile levels that the corpus favours
TONGUE_PIXELS = {"tongueUp": 12.0, "tongueOut": 20.0, "tongueBack": 6.0}  # what a raised tongue is worth in lip pixels
SMILE_PIXELS = 16.0  # cheeks and skin, beyond what the lip landmarks show
ROUND_PIXELS = 18.0  # a protruding lip is lit differently


def viseme_table():
    """(weight names, {viseme: vector}) from the TypeScript source."""
    done = subprocess.run(["node", "--import", "tsx", "media/avatars/bake/print-shapes.ts"], capture_output=True, text=True, check=True)
    table = json.loads(done.stdout)
    names = table["weights"]
    return names, {k: np.array([v[n] for n in names]) for k, v in table["shapes"].items()}


def sentence(shapes, order, lengths):
    """Viseme indices with lengths in frames -> one mouth a frame, blended like running speech."""
    lengths = np.asarray(lengths, float)
    centres = np.cumsum(lengths) - lengths / 2
    frames = []
    for t in range(int(lengths.sum())):
        k = np.exp(-(((t + 0.5 - centres) / (0.55 * lengths)) ** 2)) + 1e-9
        frames.append(k @ shapes[order] / k.sum())
    return np.array(frames)


def corpus(shapes, seed, sentences=70):
    """Random running speech with wandering smile; rows are mouth weights followed by smile."""
    random = np.random.RandomState(seed)
    rows = []
    for _ in range(sentences):
        count = 22
        mouths = sentence(shapes, random.randint(0, len(shapes), count), random.randint(2, 6, count))
        mouths = mouths * random.uniform(0.55, 1.05)
        smile = np.full(len(mouths), random.choice(SMILES)) + random.uniform(-0.15, 0.15)
        rows.append(np.column_stack([mouths, np.clip(smile, -0.6, 1.0)]))
    return np.clip(np.concatenate(rows), -0.6, 1.0)


def monomials(weights):
    """1, every weight, every product of two: the terms of the landmark polynomial."""
    n = weights.shape[1]
    pairs = [weights[:, i] * weights[:, j] for i in range(n) for j in range(i, n)]
    return np.column_stack([np.ones(len(weights)), weights, *pairs])


def fit_landmarks(weights, knots):
    """Polynomial coefficients (terms, numbers) and the error in pixels."""
    terms, flat = monomials(weights), knots.reshape(len(knots), -1)
    gram = terms.T @ terms + 1e-3 * np.eye(terms.shape[1])
    coefficients = np.linalg.solve(gram, terms.T @ flat)
    error = np.abs(terms @ coefficients - flat)
    return coefficients.astype(np.float32), float(error.mean()), float(np.percentile(error.max(1), 95))


def shape_vectors(names, weights, knots):
    """The space in which mouths are near or far, in pixels. The run-time computes the same vector."""
    lips = knots[:, 2:11]
    column = {n: weights[:, i] for i, n in enumerate(names)}
    extra = [column[n] * p for n, p in TONGUE_PIXELS.items()]
    extra.append(weights[:, -1] * SMILE_PIXELS)
    extra.append(np.clip(0.9 * column["mouthFunnel"] + column["mouthPucker"], 0, 1) * ROUND_PIXELS)
    lip_pixels = lips[:, :, [0, 3, 4, 5, 6]].reshape(len(lips), -1) / 3
    chin = knots[:, 6:7, 8].reshape(len(lips), -1) / 2
    return np.column_stack([lip_pixels, chin, *extra])


def choose(vectors, fixed, count, seed):
    """Indices of `count` mouths: the fixed ones, then those farthest from all chosen (no mouth may be far from every
    sprite), then medoids of k-means over the rest (common mouths are to be near)."""
    random = np.random.RandomState(seed)
    chosen = list(fixed)
    far = _distance(vectors, vectors[chosen])
    for _ in range((count - len(chosen)) // 2):
        chosen.append(int(far.argmax()))
        far = np.minimum(far, ((vectors - vectors[chosen[-1]]) ** 2).sum(1))
    start = random.choice(len(vectors), count - len(chosen), replace=False)
    centres = np.concatenate([vectors[chosen], vectors[start]])
    for _ in range(20):
        label = _nearest(vectors, centres)
        for j in range(len(chosen), count):
            members = vectors[label == j]
            if len(members):
                centres[j] = members.mean(0)
    medoids = _nearest(centres[len(chosen) :], vectors)
    return chosen + [m for m in dict.fromkeys(int(m) for m in medoids) if m not in set(chosen)]


def _distance(points, centres):
    squared = (points**2).sum(1)[:, None] - 2 * points @ centres.T + (centres**2).sum(1)[None]
    return np.maximum(squared, 0).min(1)


def _nearest(points, centres):
    squared = (points**2).sum(1)[:, None] - 2 * points @ centres.T + (centres**2).sum(1)[None]
    return squared.argmin(1)
