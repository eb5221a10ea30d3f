"""Displacement fields: where every part of the picture goes when the head turns, a brow rises or the chest fills.

Each field is a grid of (dx, dy) in pixels for one unit of its motion; the run-time adds them up and warps the picture.
"""

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter

from studio import HEIGHT, WIDTH

CELL = 8  # pixels between grid nodes
FIELDS = ["yaw", "pitch", "roll", "breath", "browUp", "browInner", "browAsymmetry"]
PIVOT = (0.0, -0.85, -0.2)  # as in figure.h
RAD = np.pi / 180


def ramp(a, b, x):
    t = np.clip((x - a) / (b - a), 0, 1)
    return t * t * (3 - 2 * t)


def head_weight(figure, x, y):
    """1 on the head, falling to 0 down the neck, over the shoulders and into the room. x, y: scene units."""
    down = ramp(-1.80, -1.02, y)
    aside = ramp(1.25, 0.80, np.abs(x)) + ramp(-1.2, -0.9, y)
    inside = down * np.clip(aside, 0, 1)
    away, (iy, ix) = distance_transform_edt(~figure, return_indices=True)
    weight = np.where(figure, inside, inside[iy, ix] * ramp(70, 6, away))
    return gaussian_filter(weight, 7)


def filled_depth(depth, figure):
    """Depth continued beyond the figure and smoothed, so that the warp never tears."""
    _, (iy, ix) = distance_transform_edt(~figure, return_indices=True)
    away = distance_transform_edt(~figure)
    z = np.clip(depth[iy, ix], -0.6, 1.1)
    z = np.where(figure, z, z * ramp(60, 0, away))
    return gaussian_filter(z, 5)


def brow_field(line, lid_top, raise_px, where):
    """Vertical shift near one brow. `line`: brow points (x, y) from inner end to tail; `raise_px(u)`: shift along it."""
    x, y = where
    order = np.argsort(line[:, 0])
    u = np.linspace(0, 1, len(line))
    at = np.interp(x, line[order, 0], u[order])
    height = np.interp(x, line[order, 0], line[order, 1])
    outside = np.maximum(line[:, 0].min() - x, x - line[:, 0].max())
    beside = ramp(30, -4, outside)
    above = np.exp(-((np.minimum(y - height + 4, 0) / 30) ** 2))
    below = ramp(lid_top - 1, height + 6, y)
    return -raise_px(at) * beside * above * below


def fields(depth, units_per_pixel, centre, brows, lid_tops):
    """All fields as float32 (field, node row, node column, 2). `centre`: scene point at the frame's middle."""
    figure = depth > -1e8
    py, px = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32) + 0.5
    x = (px - WIDTH / 2) * units_per_pixel + centre[0]
    y = (HEIGHT / 2 - py) * units_per_pixel + centre[1]
    weight, z = head_weight(figure, x, y), filled_depth(depth, figure)
    lever = (z - PIVOT[2]) * RAD / units_per_pixel
    zero = np.zeros_like(weight)
    pivot_x, pivot_y = WIDTH / 2 + (PIVOT[0] - centre[0]) / units_per_pixel, HEIGHT / 2 - (PIVOT[1] - centre[1]) / units_per_pixel
    # Turning also narrows the far side and, when nodding, tips the crown: the first-order part of the depth change.
    out = {
        "yaw": (lever * weight, zero),
        "pitch": (zero, -lever * weight),
        "roll": (-(py - pivot_y) * RAD * weight, (px - pivot_x) * RAD * weight),
        "breath": (zero, -(2.4 * ramp(-1.15, -1.95, y) * ramp(HEIGHT + 2, HEIGHT - 90, py) + 1.0 * weight) * gaussian_filter(figure.astype(np.float32), 12)),
    }
    unit = 1 / units_per_pixel / 140  # drawn sizes were chosen at 140 pixels a unit
    up = lambda u: 8.0 * unit * (0.75 + 0.35 * ramp(0, 0.6, u))
    inner = lambda u: unit * (8.5 * ramp(0.65, 0, u) - 2.0 * ramp(0.5, 1, u))
    where = (px, py)
    left, right = (lambda f: brow_field(brows[0], lid_tops[0], f, where)), (lambda f: brow_field(brows[1], lid_tops[1], f, where))
    out["browUp"] = (zero, left(up) + right(up))
    out["browInner"] = (zero, left(inner) + right(inner))
    lowered = lambda u: -0.35 * up(u)
    out["browAsymmetry"] = (zero, left(up) + right(lowered))
    rows, columns = np.arange(0, HEIGHT + 1, CELL), np.minimum(np.arange(0, WIDTH + 1, CELL), WIDTH)
    grid = np.ix_(np.minimum(rows, HEIGHT - 1), np.minimum(columns, WIDTH - 1))
    stacked = []
    for name in FIELDS:
        pair = [gaussian_filter(c.astype(np.float32), 2.5)[grid] for c in out[name]]
        stacked.append(np.stack(pair, -1))
    return np.stack(stacked).astype(np.float32)
