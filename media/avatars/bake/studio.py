"""Drives the rig program and turns its pictures into finished ones: graded, composited, converted to I420."""

import os
import subprocess

import numpy as np

WIDTH, HEIGHT = 848, 480


class Studio:
    """One persona before one backdrop. `work` is a scratch folder."""

    def __init__(self, rig, persona_file, room, work, niceness=10):
        self.rig, self.persona_file, self.room, self.work, self.niceness = rig, persona_file, room, work, niceness
        os.makedirs(work, exist_ok=True)

    def run(self, jobs):
        """Runs job lines through one rig process; returns its output lines."""
        done = subprocess.run(
            ["nice", "-n", str(self.niceness), self.rig, self.persona_file],
            input="\n".join(jobs) + "\n", capture_output=True, text=True,
        )
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip())
        return done.stdout.strip().split("\n")

    def images(self, poses, rect=(0, 0, WIDTH, HEIGHT), samples=2, layer="all", brows=True, margin=14, depth=False):
        """Draws poses (dicts of weights) in `rect`; returns graded RGBA float arrays, and depth arrays when asked."""
        x, y, w, h = rect
        pad = margin if (w, h) != (WIDTH, HEIGHT) else 0  # light scatters in from beyond the edge
        jobs = []
        for i, pose in enumerate(poses):
            job = f"image out={self.work}/{i}.pam x={x - pad} y={y - pad} width={w + 2 * pad} height={h + 2 * pad} samples={samples} layer={layer}"
            job += "" if brows else " brows=0"
            job += f" depth={self.work}/{i}.z" if depth else ""
            jobs.append(job + "".join(f" {k}={v:.4f}" for k, v in pose.items()))
        self.run(jobs)
        inner = slice(pad, -pad or None)
        pictures = [graded(read_pam(f"{self.work}/{i}.pam"))[inner, inner] for i in range(len(poses))]
        if not depth:
            return pictures
        shape = (h + 2 * pad, w + 2 * pad)
        depths = [np.fromfile(f"{self.work}/{i}.z", np.float32).reshape(shape)[inner, inner] for i in range(len(poses))]
        return pictures, depths

    def over_room(self, rgba, x=0, y=0):
        h, w = rgba.shape[:2]
        a = rgba[..., 3:]
        return rgba[..., :3] * a + self.room[y : y + h, x : x + w] * (1 - a)

    def knots(self, part, poses, rect):
        """Landmarks as an array (pose, column, 1 + rows)."""
        x, y, w, h = rect
        where = f"knots part={part} x={x} y={y} width={w} height={h}"
        lines = self.run([where + "".join(f" {k}={v:.4f}" for k, v in pose.items()) for pose in poses])
        flat = np.array([[float(v) for v in line.split()] for line in lines], np.float32)
        return flat.reshape(len(poses), 13 if part == "mouth" else 11, -1)


def read_pam(path):
    data = open(path, "rb").read()
    start = data.index(b"ENDHDR\n") + 7
    header = dict(line.split(" ") for line in data[3 : start - 7].decode().strip().split("\n"))
    return np.frombuffer(data[start:], np.uint8).reshape(int(header["HEIGHT"]), int(header["WIDTH"]), 4).astype(np.float32) / 255


def graded(rgba):
    """A mild grade: a little more saturation and contrast."""
    rgb = rgba[..., :3]
    grey = rgb.mean(-1, keepdims=True)
    rgb = np.clip(grey + (rgb - grey) * 1.08, 0, 1)
    rgb = rgb + 0.14 * (rgb * rgb * (3 - 2 * rgb) - rgb)
    return np.concatenate([rgb, rgba[..., 3:]], -1)


def i420(rgb):
    """Float RGB 0..1 to BT.601 limited-range planes (Y, U, V) as float."""
    r, g, b = (rgb[..., i] * 255 for i in range(3))
    y = 16 + 0.25679 * r + 0.50413 * g + 0.09791 * b
    u = 128 - 0.14822 * r - 0.29099 * g + 0.43922 * b
    v = 128 + 0.43922 * r - 0.36779 * g - 0.07143 * b
    half = lambda p: p.reshape(p.shape[0] // 2, 2, -1, 2).mean((1, 3))
    return y, half(u), half(v)
