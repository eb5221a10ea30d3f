"""Piper in a process of its own. Voices are `NAME.onnx` with `NAME.onnx.json` in the folder that is given."""

from __future__ import annotations

import json
import sys
from collections import OrderedDict
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

from piper import PiperVoice, SynthesisConfig  # noqa: E402
from speech_worker import Speech, VoiceUnknown, describe, serve, words_of  # noqa: E402

# A voice takes 60 to 120 MB; the least recently used goes.
MAX_LOADED = 4
MAX_KNOWN_WORDS = 5_000
# Speakers of public voices whose gender their name does not tell.
MEN = "alan joe ryan kusal norman danny john bryce sam thorsten nst karlsson carlfm pim ronnie davefx gilles".split()


def describe_voice(config_path: Path) -> dict[str, str]:
    """Its catalogue entry. A configuration may say more under `understudy`: gender, licence."""
    config = json.loads(config_path.read_text("utf-8"))
    name = config_path.name.removesuffix(".onnx.json")
    more = config.get("understudy", {})
    speaker = (config.get("dataset") or name).lower()
    is_man = speaker in MEN or "_male" in speaker
    return {
        "id": name,
        "language": config["language"]["code"].replace("_", "-"),
        "gender": more.get("gender", "male" if is_man else "female"),
        "licence": more.get("licence", "see its model card"),
    }


class Piper:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loaded: OrderedDict[str, PiperVoice] = OrderedDict()
        self._known_words: dict[tuple[str, str], str] = {}
        self.voices: list[dict[str, str]] = []
        for config_path in sorted(folder.glob("*.onnx.json")):
            try:
                if not config_path.with_suffix("").exists():
                    raise FileNotFoundError(config_path.with_suffix(""))
                self.voices.append(describe_voice(config_path))
            except Exception as error:
                print("%s: left out. %s" % (config_path.name, describe(error)), file=sys.stderr)
        while self.voices:
            first = self.voices[0]["id"]
            try:
                # What can be loaded and speaks once, speaks at once later.
                self.speak("Ready.", first, 1.0)
                break
            except Exception as error:
                print("%s: left out. %s" % (first, describe(error)), file=sys.stderr)
                self.voices.pop(0)
        if not self.voices:
            raise FileNotFoundError("no usable Piper voice (NAME.onnx and NAME.onnx.json) in %s" % folder)

    def speak(self, text: str, voice: str, speed: float) -> Speech:
        engine = self._load(voice)
        speech = Speech(sample_rate_hz=engine.config.sample_rate)
        sound = bytearray()
        is_aligned = True
        settings = SynthesisConfig(
            length_scale=engine.config.length_scale / speed, normalize_audio=False
        )
        # Double brackets would be read as phonemes.
        plain = text.replace("[[", "[ [")
        for chunk in engine.synthesize(plain, settings, include_alignments=True):
            sound += chunk.audio_int16_bytes
            if chunk.phoneme_alignments:
                speech.phonemes += [each.phoneme for each in chunk.phoneme_alignments]
                speech.samples += [int(each.num_samples) for each in chunk.phoneme_alignments]
            else:
                is_aligned = False
                speech.phonemes += chunk.phonemes
        if not is_aligned:
            speech.samples = []
        speech.sound = bytes(sound)
        speech.words = words_of(speech.phonemes, plain.split()) or [
            self._pronounce(engine, voice, word) for word in plain.split()
        ]
        return speech

    def _load(self, voice: str) -> PiperVoice:
        if not any(each["id"] == voice for each in self.voices):
            raise VoiceUnknown("There is no such voice here.")
        if voice not in self._loaded:
            path = self._folder / (voice + ".onnx")
            self._loaded[voice] = PiperVoice.load(path, include_alignments=True)
            if len(self._loaded) > MAX_LOADED:
                self._loaded.popitem(last=False)
        self._loaded.move_to_end(voice)
        return self._loaded[voice]

    def _pronounce(self, engine: PiperVoice, voice: str, word: str) -> str:
        known = self._known_words.get((voice, word))
        if known is None:
            known = "".join("".join(sentence) for sentence in engine.phonemize(word))
            if len(self._known_words) >= MAX_KNOWN_WORDS:
                self._known_words.clear()
            self._known_words[voice, word] = known
        return known


if __name__ == "__main__":
    serve(Piper)
