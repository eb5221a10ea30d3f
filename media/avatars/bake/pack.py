"""Writes a face pack: chunks of numbers behind a JSON header, compressed. The format is described in ../README.md."""

import json
import struct

import brotli
import numpy as np

MAGIC, VERSION = b"USFACE", 1


def similar_first(sprites):
    """An order and a parent for each sprite: a minimum spanning tree, so that each is stored as a small difference."""
    flat = sprites.reshape(len(sprites), -1)[:, ::7].astype(np.float32)
    distance = (flat**2).sum(1)
    apart = distance[:, None] - 2 * flat @ flat.T + distance[None]
    parents, inside = {0: -1}, [0]
    best, link = apart[0].copy(), np.zeros(len(sprites), int)
    while len(inside) < len(sprites):
        best[inside] = np.inf
        j = int(best.argmin())
        parents[j] = int(link[j])
        inside.append(j)
        closer = apart[j] < best
        best[closer], link[closer] = apart[j][closer], j
    return inside, [parents[i] for i in inside]


def differences(sprites, tolerance=1):
    """Sprites as byte differences to their parents; differences of up to `tolerance` are dropped."""
    order, parents = similar_first(sprites)
    rebuilt, out = {}, []
    for index, parent in zip(order, parents):
        base = rebuilt[parent] if parent >= 0 else np.zeros_like(sprites[0])
        delta = sprites[index].astype(np.int16) - base.astype(np.int16)
        if parent >= 0:
            delta[np.abs(delta) <= tolerance] = 0
        rebuilt[index] = (base + delta).astype(np.uint8)
        out.append(delta.astype(np.int16).astype(np.uint8))
    where = {index: place for place, index in enumerate(order)}
    return np.stack(out), order, [where[p] if p >= 0 else -1 for p in parents]


def write(path, header, chunks, quality=11):
    """`chunks`: {name: array}. Arrays are uint8, int16 or float32; they follow one another as listed in the header."""
    listed, body = [], b""
    for name, array in chunks.items():
        array = np.ascontiguousarray(array)
        data = array.tobytes()
        body += b"\0" * (-len(body) % 4)
        listed.append({"name": name, "type": str(array.dtype), "shape": list(array.shape), "offset": len(body), "bytes": len(data)})
        body += data
    text = json.dumps({**header, "chunks": listed}).encode()
    packed = brotli.compress(body, quality=quality, lgwin=24)
    with open(path, "wb") as file:
        file.write(MAGIC + struct.pack("<HIII", VERSION, len(text), len(packed), len(body)) + text + packed)
    return len(packed), len(body)


def read(path):
    """The header and the chunks of a pack."""
    data = open(path, "rb").read()
    version, header_bytes, _, _ = struct.unpack("<HIII", data[6:20])
    if data[:6] != MAGIC or version != VERSION:
        raise ValueError(f"{path} is no face pack of version {VERSION}")
    header = json.loads(data[20 : 20 + header_bytes])
    body = brotli.decompress(data[20 + header_bytes :])
    chunks = {}
    for c in header["chunks"]:
        chunks[c["name"]] = np.frombuffer(body[c["offset"] : c["offset"] + c["bytes"]], c["type"]).reshape(c["shape"])
    return header, chunks
