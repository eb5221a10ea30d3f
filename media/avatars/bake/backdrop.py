"""The room behind a persona: shapes drawn in linear light, then put out of focus like a lens would."""

import numpy as np
from scipy.signal import fftconvolve

WIDTH, HEIGHT = 848, 480
MARGIN = 40  # drawn beyond the frame at half size, so that the blur has something to read

BOOKS = [[0.42, 0.16, 0.10], [0.10, 0.20, 0.30], [0.50, 0.42, 0.30], [0.16, 0.30, 0.26], [0.55, 0.50, 0.46], [0.25, 0.12, 0.16]]


class Canvas:
    """A half-size picture in linear light; u and v run 0..1 over the frame."""

    def __init__(self):
        width, height = WIDTH // 2 + 2 * MARGIN, HEIGHT // 2 + 2 * MARGIN
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        self.u, self.v = (x - MARGIN) / (WIDTH // 2), (y - MARGIN) / (HEIGHT // 2)
        self.light = np.zeros((height, width, 3), np.float32)

    def _paint(self, mask, colour, opacity):
        m = (mask * opacity)[..., None]
        self.light = self.light * (1 - m) + np.array(colour, np.float32) * m

    def rect(self, u0, v0, u1, v1, colour, opacity=1.0):
        self._paint((self.u > u0) & (self.u < u1) & (self.v > v0) & (self.v < v1), colour, opacity)

    def disc(self, u, v, radius, colour, opacity=1.0):
        aspect = WIDTH / HEIGHT
        self._paint(((self.u - u) * aspect) ** 2 + (self.v - v) ** 2 < radius**2, colour, opacity)


def _window(c, random):
    c.rect(-0.2, -0.2, 0.24, 0.74, [2.3, 2.5, 2.7])
    for _ in range(26):  # leaves outside
        green = np.array([0.30, 0.55, 0.26]) * random.uniform(0.6, 1.8)
        c.disc(random.uniform(-0.1, 0.24), random.uniform(0.3, 0.75), random.uniform(0.03, 0.09), green, 0.6)
    for u in (0.02, 0.125, 0.235):
        c.rect(u, -0.2, u + 0.012, 0.76, [0.16, 0.15, 0.15])
    c.rect(-0.2, 0.33, 0.24, 0.345, [0.18, 0.17, 0.17])
    c.rect(-0.2, 0.74, 0.26, 0.78, [0.42, 0.36, 0.30])


def _shelves(c, random):
    c.rect(0.66, -0.2, 1.2, 1.2, [0.115, 0.098, 0.088])
    for v in (0.16, 0.42, 0.68, 0.94):
        c.rect(0.66, v, 1.2, v + 0.022, [0.30, 0.20, 0.13])
    for v in (0.16, 0.42, 0.68):
        u = 0.685
        while u < 1.06:
            if random.rand() < 0.72:
                width = random.uniform(0.012, 0.026)
                c.rect(u, v - random.uniform(0.10, 0.17), u + width * 0.9, v, BOOKS[random.randint(6)])
                u += width
            else:
                u += random.uniform(0.03, 0.07)
    c.disc(0.90, 0.30, 0.05, [6, 4.0, 2.0])  # a lamp and its glow
    c.disc(0.90, 0.30, 0.16, [2.2, 1.3, 0.6], 0.35)
    c.rect(0.885, 0.34, 0.915, 0.42, [0.3, 0.2, 0.1])


def _plant(c, random):
    for _ in range(44):
        green = np.array([0.10, 0.22, 0.11]) * random.uniform(0.5, 1.8)
        c.disc(0.615 + random.normal(0, 0.035), 0.55 + random.normal(0, 0.11), random.uniform(0.012, 0.035), green, 0.8)
    c.rect(0.585, 0.72, 0.645, 0.9, [0.34, 0.27, 0.22])


def _kernel(radius, disc):
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    k = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1) if disc else np.exp(-(x**2 + y**2) / (2 * 3.0**2))
    return (k / k.sum())[..., None]


def backdrop(seed, wall, tint):
    """An 848x480 room as float RGB 0..1. `wall` is the wall's reflectance, `tint` colours the whole light."""
    random = np.random.RandomState(seed)
    c = Canvas()
    c.light[:] = np.array(wall) * (1 - 0.50 * np.clip(c.u, 0, 1)[..., None] ** 1.2) * (1.08 - 0.42 * c.v[..., None])
    _window(c, random)
    _shelves(c, random)
    _plant(c, random)
    c.rect(-0.2, 0.93, 1.2, 1.3, [0.20, 0.15, 0.12])
    for i in range(12):  # a string of small lights
        c.disc(0.30 + 0.06 * i, 0.10 + 0.05 * np.sin(i * 1.3), 0.011, np.array([7, 4.8, 2.5]) * random.uniform(0.4, 1.1))
    light = fftconvolve(c.light, _kernel(12, True), "same", axes=(0, 1))
    light = fftconvolve(light, _kernel(12, False), "same", axes=(0, 1))[MARGIN:-MARGIN, MARGIN:-MARGIN]
    light = np.clip(light * np.array(tint) * 0.8, 0, None)
    shown = (light / (1 + light * 0.55)) ** (1 / 2.2)
    full = np.repeat(np.repeat(shown, 2, 0), 2, 1)  # doubled, then smoothed: nothing here is sharp
    full = fftconvolve(np.pad(full, ((8, 8), (8, 8), (0, 0)), "edge"), _kernel(6, False), "same", axes=(0, 1))[8:-8, 8:-8]
    grey = full.mean(-1, keepdims=True)
    full = np.clip((grey + (full - grey) * 1.3) * np.array([1.07, 1.04, 1.0]), 0, 1) ** 0.95
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    vignette = 1 - 0.55 * ((x / WIDTH - 0.5) ** 2 * 1.1 + (y / HEIGHT - 0.48) ** 2)
    return np.clip(full * vignette[..., None], 0, 1).astype(np.float32)
