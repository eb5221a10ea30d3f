"""Bakes one persona into a face pack: `bake.py --face ada`. See ../README.md for what it needs and what it writes."""

import argparse
import glob
import json
import os
import subprocess
import sys
import tempfile
import time

import numpy as np
from PIL import Image

import pack
import shapes
from backdrop import backdrop
from motion import CELL, FIELDS, fields
from studio import HEIGHT, WIDTH, Studio, i420

HERE = os.path.dirname(os.path.abspath(__file__))
AVATARS = os.path.dirname(HERE)
REST = {"smile": 0.2}
BLINKS = [-0.2, 0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
SQUINTS = [0.0, 1.0]
GAZE_X, GAZE_Y = [-0.36, -0.18, 0.0, 0.18, 0.36], [-0.24, 0.0, 0.24]
LID_TABLE = (25, 5)  # blink and squint steps of the lid landmark table
EYEBALL_RADIUS = 0.246


def build_rig(folder):
    """Compiles the rig for this machine and returns the program's path."""
    program = os.path.join(folder, "rig")
    sources = sorted(glob.glob(os.path.join(AVATARS, "rig", "*.cpp")))
    flags = ["-std=c++17", "-O3", "-march=native", "-ffast-math", "-fopenmp"]
    subprocess.run(["g++", *flags, "-o", program, *sources], check=True)
    return program


def even(v):
    return int(round(v / 2)) * 2


def point(studio, x, y, z):
    return [float(v) for v in studio.run([f"point at={x},{y},{z}"])[0].split()]


def windows(studio):
    """Where the mouth and the two eyes are cut out, and the picture's scale."""
    unit = 1 / point(studio, 0, 0, 0.5)[2]
    mouth_x, mouth_y, _ = point(studio, 0, -0.652, 0.8)
    mouth = (even(mouth_x - 0.745 * unit), even(mouth_y - 0.44 * unit), even(1.49 * unit), even(1.18 * unit))
    eyes = []
    for side in (-1, 1):
        x, y, _ = point(studio, side * 0.307, 0, 0.7)
        eyes.append((even(x - 0.27 * unit), even(y - 0.172 * unit), even(0.54 * unit), even(0.312 * unit)))
    return mouth, eyes, unit


def planes(rgb):
    """I420 planes of a window as one flat uint8 row."""
    return np.concatenate([np.clip(p + 0.5, 0, 255).astype(np.uint8).ravel() for p in i420(rgb)])


def rebuilt(chunks, parents):
    """Whole sprites from a pack's differences."""
    sprites = chunks["mouthSprites"].copy()
    for i, parent in enumerate(parents):
        if parent >= 0:
            sprites[i] += sprites[parent]
    return sprites


def bake_mouth(studio, window, names, table, count, samples, seed, kept=None):
    """`kept`: weights and whole sprites that are drawn already. Returns weights, landmarks, polynomial and sprites."""
    rows = shapes.corpus(np.array(list(table.values())), seed)
    pure = [np.append(v, smile) for smile in (0.2, 0.8) for v in table.values()]
    pure += [np.append(table["sil"], smile) for smile in (-0.5, 0.5, 1.0)]
    if kept:
        pure = list(kept[0])
    fixed = len(pure)
    rows = np.concatenate([np.array(pure), rows])
    as_pose = lambda row: dict(zip([*names, "smile"], row))
    knots = studio.knots("mouth", [as_pose(r) for r in rows], window)
    coefficients, mean_error, bad_error = shapes.fit_landmarks(rows, knots)
    print(f"landmark polynomial: mean error {mean_error:.2f} px, 95 % of worst errors under {bad_error:.2f} px", flush=True)
    vectors = shapes.shape_vectors(names, rows, knots)
    chosen = shapes.choose(vectors, range(fixed), max(count, fixed), seed)
    fresh = chosen[fixed:] if kept else chosen
    pictures = studio.images([as_pose(rows[i]) for i in fresh], window, samples, brows=False) if fresh else []
    sprites = [planes(studio.over_room(p, window[0], window[1])) for p in pictures]
    sprites = np.stack([*(kept[1] if kept else []), *sprites])
    return rows[chosen].astype(np.float32), knots[chosen], coefficients, sprites


def bake_eye(studio, window, part, samples):
    poses = [{**REST, "blink": b, "squint": s} for b in BLINKS for s in SQUINTS]
    x, y, w, h = window
    lids = []
    for rgba in studio.images(poses, window, samples, layer="lids"):
        alpha = rgba[..., 3]
        under = studio.room[y : y + h, x : x + w] * 0  # nothing behind the lids
        luma, u, v = i420(rgba[..., :3] * alpha[..., None] + under)
        quarter = alpha.reshape(h // 2, 2, w // 2, 2).mean((1, 3))
        parts = [luma - 16, 128 + (u - 128), 128 + (v - 128), alpha * 255, quarter * 255]
        lids.append(np.concatenate([np.clip(p + 0.5, 0, 255).astype(np.uint8).ravel() for p in parts]))
    gazes = [{"gazeX": gx, "gazeY": gy} for gy in GAZE_Y for gx in GAZE_X]
    balls = [planes(rgba[..., :3]) for rgba in studio.images(gazes, window, samples, layer="eyeballs")]
    knots = studio.knots(part, poses, window)
    steps = [np.linspace(BLINKS[0], 1, LID_TABLE[0]), np.linspace(0, 1, LID_TABLE[1])]
    table = studio.knots(part, [{**REST, "blink": b, "squint": s} for b in steps[0] for s in steps[1]], window)
    return np.stack(lids), np.stack(balls), knots, table.reshape(*LID_TABLE, *table.shape[1:])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--face", required=True, help="persona id: personas/<id>.yaml and personas/<id>.json")
    parser.add_argument("--sprites", type=int, default=132, help="mouth sprites (default 132)")
    parser.add_argument("--samples", type=int, default=3, help="supersampling along each side (default 3)")
    parser.add_argument("--rig", help="a rig program that is already built")
    parser.add_argument("--out", help="folder of the pack (default packs/<id>)")
    parser.add_argument("--keep-mouths", metavar="PACK", help="take the mouths of this face.atlas: base, eyes and landmarks are made anew")
    parser.add_argument("--more", type=int, default=0, metavar="N", help="with --keep-mouths: draw N further mouths")
    parser.add_argument("--quick", action="store_true", help="fast and coarse, to try things")
    args = parser.parse_args()
    about = json.load(open(os.path.join(AVATARS, "personas", f"{args.face}.json")))
    out = args.out or os.path.join(AVATARS, "packs", args.face)
    os.makedirs(out, exist_ok=True)
    sprites, samples, quality = (48, 1, 5) if args.quick else (args.sprites, args.samples, 11)
    began = time.time()
    with tempfile.TemporaryDirectory() as work:
        room = backdrop(**about["room"])
        studio = Studio(args.rig or build_rig(work), os.path.join(AVATARS, "personas", f"{args.face}.yaml"), room, work)
        names, table = shapes.viseme_table()
        mouth_window, eye_windows, unit = windows(studio)
        (whole,), (depth,) = studio.images([REST], samples=samples, depth=True)
        base = studio.over_room(whole)
        print(f"base drawn after {time.time() - began:.0f} s", flush=True)
        brows = [np.array([float(v) for v in studio.run([f"knots part={side}Brow"])[0].split()]).reshape(-1, 2) for side in ("left", "right")]
        eyes = [bake_eye(studio, window, part, samples) for window, part in zip(eye_windows, ("leftEye", "rightEye"))]
        lid_tops = [float(e[2][1 * len(SQUINTS), :, 2].min()) for e in eyes]
        middle_x, middle_y, _ = point(studio, 0, 0, 0.5)
        centre = ((WIDTH / 2 - middle_x) / unit, (middle_y - HEIGHT / 2) / unit)
        warp = fields(depth, 1 / unit, centre, brows, lid_tops)
        print(f"eyes drawn after {time.time() - began:.0f} s", flush=True)
        kept = None
        if args.keep_mouths:
            old_header, old = pack.read(args.keep_mouths)
            assert tuple(old_header["mouth"]["window"]) == mouth_window, "the mouth has moved: draw it anew"
            kept = old["mouthWeights"], rebuilt(old, old_header["mouth"]["parents"])
            sprites = len(kept[0]) + args.more
        weights, knots, coefficients, mouths = bake_mouth(studio, mouth_window, names, table, sprites, samples, about["room"]["seed"], kept)
        print(f"{len(mouths)} mouths drawn after {time.time() - began:.0f} s", flush=True)
        deltas, order, parents = pack.differences(mouths)
        mouth_chunks = {"mouthSprites": deltas, "mouthWeights": weights[order], "mouthKnots": knots[order], "mouthPolynomial": coefficients}

    chunks = {"base": planes(base), "fields": np.clip(np.round(warp * 512), -32767, 32767).astype(np.int16), **mouth_chunks}
    for side, (lids, balls, lid_knots, lid_table) in zip(("left", "right"), eyes):
        chunks |= {f"{side}Lids": lids, f"{side}Eyeballs": balls, f"{side}LidKnots": lid_knots, f"{side}LidTable": lid_table}
    header = {
        "id": args.face,
        "width": WIDTH, "height": HEIGHT,
        "mouth": {"window": mouth_window, "weights": [*names, "smile"], "parents": parents},
        "eyes": {
            "windows": eye_windows, "blinks": BLINKS, "squints": SQUINTS, "gazeX": GAZE_X, "gazeY": GAZE_Y,
            "pixelsPerRadian": EYEBALL_RADIUS * unit, "lidShadePixels": 0.085 * unit,
        },
        "warp": {"cell": CELL, "fields": FIELDS, "scale": 1 / 512},
    }
    packed, raw = pack.write(os.path.join(out, "face.atlas"), header, chunks, quality)
    manifest = {"id": args.face, **{k: about[k] for k in ("name", "description", "gender", "age")}, "format": "understudy-face-atlas", "version": pack.VERSION,
                "width": WIDTH, "height": HEIGHT, "atlas": "face.atlas", "portrait": "portrait.jpg",
                "licence": "Apache-2.0", "origin": "Drawn for Understudy by its own rig (media/avatars/rig); depicts no real person."}
    with open(os.path.join(out, "manifest.json"), "w") as file:
        file.write(json.dumps(manifest, indent=2) + "\n")
    Image.fromarray((np.clip(base, 0, 1) * 255 + 0.5).astype(np.uint8)).save(os.path.join(out, "portrait.jpg"), quality=90)
    print(f"{args.face}: {packed / 1e6:.2f} MB packed, {raw / 1e6:.1f} MB open, {time.time() - began:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
