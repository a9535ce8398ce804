"""Makes more 3D models of a few: each with other proportions and colours, for a class to learn from.

    python3 bench/jitter.py OUT MODEL.glb…

Every fifth model goes to OUT/test as it is. Of each other one OUT/train gets 12: the first as it is, the others with their
sides scaled by 0.85 to 1.15 and their colours by 0.55 to 1. Of a .gltf, what it names is linked beside it. Needs nothing but
Python's own library.
"""

import json
import os
import random
import struct
import sys

COPIES, EVERY = 12, 5


def jitter(model, rng):
    """Scales all of the first scene, and the colours of its materials."""
    scene = model["scenes"][model.get("scene", 0)]
    model["nodes"].append({"scale": [rng.uniform(0.85, 1.15) for _ in range(3)], "children": scene["nodes"]})
    scene["nodes"] = [len(model["nodes"]) - 1]
    color = [rng.uniform(0.55, 1) for _ in range(3)] + [1]
    for material in model.get("materials", []):
        material.setdefault("pbrMetallicRoughness", {})["baseColorFactor"] = color


def write(path, out, rng):
    """Writes the model at path to out with its extension; rng is None to leave it as it is."""
    name, extension = os.path.splitext(path)
    with open(path, "rb") as f:
        data = f.read()
    rest = b""
    if extension == ".glb":
        end = 20 + struct.unpack_from("<I", data, 12)[0]
        data, rest = data[20:end], data[end:]
    model = json.loads(data)
    if rng:
        jitter(model, rng)
    text = json.dumps(model).encode()
    if extension == ".glb":
        text += b" " * (-len(text) % 4)
        body = struct.pack("<I4s", len(text), b"JSON") + text + rest
        text = struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body
    with open(out + extension, "wb") as f:
        f.write(text)
    for part in model.get("buffers", []) + model.get("images", []):
        uri = part.get("uri", "data:")
        link = os.path.join(os.path.dirname(out), uri)
        if not uri.startswith("data:") and not os.path.lexists(link):
            os.symlink(os.path.abspath(os.path.join(os.path.dirname(path), uri)), link)


def main():
    out, models = sys.argv[1], sorted(sys.argv[2:])
    rng = random.Random(1)
    for split in ("train", "test"):
        os.makedirs(os.path.join(out, split))
    for i, path in enumerate(models):
        name = os.path.splitext(os.path.basename(path))[0]
        if i % EVERY == 0:
            write(path, os.path.join(out, "test", name), None)
            continue
        for k in range(COPIES):
            write(path, os.path.join(out, "train", f"{name}-{k:02d}"), rng if k else None)


main()
