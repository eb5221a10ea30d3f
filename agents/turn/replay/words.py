#!/usr/bin/env python3
"""Reads PocketSphinx's words for recordings: one JSON object per line in, one per line out.

In: {"id": str, "pcm": path of mono 16 kHz signed 16-bit PCM}
Out: {"id": str, "words": [[word, startS, endS], ...]}
"""
import json
import re
import sys

from pocketsphinx import Decoder


def main() -> None:
    decoder = Decoder(samprate=16000, loglevel="FATAL")
    for line in sys.stdin:
        request = json.loads(line)
        with open(request["pcm"], "rb") as file:
            sound = file.read()
        decoder.start_utt()
        decoder.process_raw(sound, full_utt=True)
        decoder.end_utt()
        words = [
            [re.sub(r"\(\d+\)$", "", segment.word), segment.start_frame / 100, (segment.end_frame + 1) / 100]
            for segment in (decoder.seg() or [])
            if not segment.word.startswith(("<", "["))
        ]
        print(json.dumps({"id": request["id"], "words": words}), flush=True)


if __name__ == "__main__":
    main()
