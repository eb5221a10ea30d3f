"""Hears a batch of utterances: one encode for all, one decode for those of one language and length of hints."""

import math
import statistics
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Optional

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.audio import pad_or_trim
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_suppressed_tokens, merge_punctuations
from faster_whisper.vad import get_vad_model
from plausibility import why_implausible
from speech_gate import Speech, find_speech
from utterance import SAMPLE_RATE_HZ, InvalidUtterance, Utterance

# Whisper was trained on windows of 30 seconds, padded. A draft is padded by this much only, to a multiple of it: a third
# of the time, and 5 to 11 % of its words differ (tiny.en and base, 24 recordings of 6 s).
DRAFT_PADDING_FRAMES = 500
WINDOW_FRAMES = 3_000
# The fastest speech has about 12 tokens a second; a decoder that runs on beyond that has lost its way.
TOKENS_PER_SECOND = 12
TOKENS_ALLOWED = 24
# Half of the decoder's context belongs to the hints, as in Whisper itself.
MAX_HINT_TOKENS = 223
PREPENDED = "\"'“¿([{-"
APPENDED = "\"'.。,，!！?？:：”)]}、"
# After a pause, a word seems to begin where the one before it ended; one this much longer than the others is cut at its
# beginning.
LONGEST_WORD = 2.0
LONGEST_WORD_MS = 400
# A second decode of text that went in circles may repeat no five tokens.
UNREPEATED_TOKENS = 5


@dataclass
class Word:
    """Times are milliseconds from the first sample."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float


@dataclass
class Heard:
    """`withheld`: why there is no text where the decoder may have had some; empty where the text stands."""

    text: str = ""
    confidence: float = 0.0
    no_speech: float = 1.0
    language: str = ""
    words: list[Word] = field(default_factory=list)
    withheld: str = ""


@dataclass
class Row:
    """One utterance on its way through the batch."""

    utterance: Utterance
    speech: Speech
    features: np.ndarray
    language: str
    prompt: list[int] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    heard: Heard = field(default_factory=Heard)

    @property
    def frames(self) -> int:
        """Of 10 ms, without the padding."""
        return (self.speech.end - self.speech.begin) * 100 // SAMPLE_RATE_HZ


class Recogniser:
    def __init__(self, model: WhisperModel, beam_size: int) -> None:
        self._model = model
        self._beam_size = beam_size
        self._tokenizers: dict[str, Tokenizer] = {}
        self._detector = get_vad_model()

    def check(self, utterance: Utterance) -> None:
        """Raises InvalidUtterance where these weights cannot hear it."""
        language = utterance.language
        if language != "" and not self._hears(language):
            if not self._model.model.is_multilingual:
                raise InvalidUtterance(
                    "LANGUAGE is “%s”; these weights hear English only (en)." % language
                )
            raise InvalidUtterance("LANGUAGE “%s” is none of these weights." % language)

    def hear(self, utterances: list[Utterance]) -> list[Heard]:
        """In their order. The utterances have been checked."""
        rows: list[Optional[Row]] = [self._prepare(utterance) for utterance in utterances]
        windows: dict[int, list[Row]] = defaultdict(list)
        for row in rows:
            if row is not None:
                windows[row.features.shape[1]].append(row)
        for spoken in windows.values():
            encoded = self._encode(spoken)
            self._find_languages(spoken, encoded)
            self._decode(spoken, encoded)
        silent = Heard(withheld="no-voice")
        return [silent if row is None else row.heard for row in rows]

    def warm_up(self, batches: list[int]) -> None:
        """Runs every step on a made-up sound that passes for speech."""
        sound = np.random.default_rng(1).normal(0, 0.05, SAMPLE_RATE_HZ).astype(np.float32)
        speech = Speech(0, len(sound), 1.0)
        for size in batches:
            utterance = Utterance(sound, language="en", wants_words=True)
            rows = [Row(utterance, speech, self._features(sound), "en") for _ in range(size)]
            self._decode(rows, self._encode(rows))
        self._detector(np.zeros(512, np.float32))

    def _hears(self, language: str) -> bool:
        if not self._model.model.is_multilingual:
            return language == "en"
        return (
            language in self._model.supported_languages
            and self._model.hf_tokenizer.token_to_id("<|%s|>" % language) is not None
        )

    def _prepare(self, utterance: Utterance) -> Optional[Row]:
        speech = find_speech(utterance.samples, self._detector)
        if speech is None:
            return None
        sound = utterance.samples[speech.begin : speech.end]
        features = self._features(sound, utterance.draft)
        return Row(utterance, speech, features, utterance.language)

    def _features(self, sound: np.ndarray, draft: bool = False) -> np.ndarray:
        features = self._model.feature_extractor(sound)
        frames = WINDOW_FRAMES
        if draft:
            steps = math.ceil(features.shape[1] / DRAFT_PADDING_FRAMES) + 1
            frames = min(WINDOW_FRAMES, steps * DRAFT_PADDING_FRAMES)
        return pad_or_trim(features, frames)

    def _encode(self, rows: list[Row]) -> ctranslate2.StorageView:
        """Together on a GPU. A processor is quicker with one after another, which its caches hold: 2.1 s against 2.8 s for
        eight (tiny.en, one thread)."""
        features = [row.features for row in rows]
        if self._model.model.device != "cpu" or len(rows) == 1:
            return self._model.encode(np.stack(features))
        encoded = [np.array(self._model.encode(each)) for each in features]
        return ctranslate2.StorageView.from_array(np.concatenate(encoded))

    def _find_languages(self, rows: list[Row], encoded: ctranslate2.StorageView) -> None:
        unknown = [at for at, row in enumerate(rows) if row.language == ""]
        if not unknown:
            return
        if not self._model.model.is_multilingual:
            for at in unknown:
                rows[at].language = "en"
            return
        found = self._model.model.detect_language(self._part(encoded, unknown, len(rows)))
        for at, languages in zip(unknown, found):
            # “<|en|>”
            rows[at].language = languages[0][0][2:-2]

    def _decode(self, rows: list[Row], encoded: ctranslate2.StorageView) -> None:
        groups: dict[tuple[str, int], list[int]] = defaultdict(list)
        for at, row in enumerate(rows):
            row.prompt = self._prompt(row)
            groups[row.language, len(row.prompt)].append(at)
        for (language, _), members in groups.items():
            part = self._part(encoded, members, len(rows))
            group = [rows[at] for at in members]
            self._decode_group(group, part)
            circling = [at for at, row in enumerate(group) if row.heard.withheld == "repetition"]
            if circling:
                again = [group[at] for at in circling]
                self._decode_group(again, self._part(part, circling, len(group)), UNREPEATED_TOKENS)
            timed = [
                at
                for at, row in enumerate(group)
                if row.utterance.wants_words and row.heard.text != ""
            ]
            if timed:
                self._time_words(
                    [group[at] for at in timed], self._part(part, timed, len(group)), language
                )

    def _decode_group(
        self, rows: list[Row], encoded: ctranslate2.StorageView, no_repeat: int = 0
    ) -> None:
        """Rows of one language whose prompts are of one length."""
        tokenizer = self._tokenizer(rows[0].language)
        longest = max(row.frames for row in rows) / 100
        room = TOKENS_ALLOWED + math.ceil(TOKENS_PER_SECOND * longest)
        results = self._model.model.generate(
            encoded,
            [row.prompt for row in rows],
            beam_size=self._beam_size,
            max_length=min(self._model.max_length, len(rows[0].prompt) + room),
            suppress_blank=True,
            suppress_tokens=list(get_suppressed_tokens(tokenizer, [-1])),
            no_repeat_ngram_size=no_repeat,
            return_scores=True,
            return_no_speech_prob=True,
        )
        for row, result in zip(rows, results):
            tokens = result.sequences_ids[0]
            # The score is the mean over the tokens; the end of text counts too.
            mean = result.scores[0] * len(tokens) / (len(tokens) + 1)
            row.tokens = [token for token in tokens if token < tokenizer.eot]
            text = tokenizer.decode(row.tokens).strip()
            no_speech = float(result.no_speech_prob)
            withheld = why_implausible(text, mean, no_speech, row.speech.voiced_seconds) or ""
            row.heard = Heard(
                text="" if withheld else text,
                confidence=0.0 if withheld or text == "" else min(1.0, math.exp(mean)),
                no_speech=no_speech,
                language=row.language,
                withheld=withheld,
            )

    def _time_words(
        self, rows: list[Row], encoded: ctranslate2.StorageView, language: str
    ) -> None:
        aligned = self._model.find_alignment(
            self._tokenizer(language),
            [row.tokens for row in rows],
            encoded,
            [row.frames for row in rows],
        )
        for row, words in zip(rows, aligned):
            merge_punctuations(words, PREPENDED, APPENDED)
            begin_ms = row.speech.begin * 1_000 // SAMPLE_RATE_HZ
            row.heard.words = shorten(
                [
                    Word(
                        text=word["word"].strip(),
                        start_ms=begin_ms + round(float(word["start"]) * 1_000),
                        end_ms=begin_ms + round(float(word["end"]) * 1_000),
                        confidence=float(word["probability"]),
                    )
                    for word in words
                    if word["word"].strip() != ""
                ]
            )

    def _prompt(self, row: Row) -> list[int]:
        """Hints, where there are any, then what Whisper expects before a text without time stamps."""
        tokenizer = self._tokenizer(row.language)
        utterance = row.utterance
        hotwords = tokenizer.encode(" " + utterance.hotwords) if utterance.hotwords else []
        before = tokenizer.encode(" " + utterance.prompt) if utterance.prompt else []
        hotwords = hotwords[: MAX_HINT_TOKENS - min(len(before), MAX_HINT_TOKENS // 2)]
        # What was said last weighs most.
        room = MAX_HINT_TOKENS - len(hotwords)
        hints = hotwords + before[max(0, len(before) - room) :]
        begin = [tokenizer.sot_prev, *hints] if hints else []
        return [*begin, *tokenizer.sot_sequence, tokenizer.no_timestamps]

    def _tokenizer(self, language: str) -> Tokenizer:
        if language not in self._tokenizers:
            self._tokenizers[language] = Tokenizer(
                self._model.hf_tokenizer,
                self._model.model.is_multilingual,
                task="transcribe",
                language=language,
            )
        return self._tokenizers[language]

    @staticmethod
    def _part(
        encoded: ctranslate2.StorageView, rows: list[int], total: int
    ) -> ctranslate2.StorageView:
        """Some rows of an encoder's output; all of them cost nothing."""
        if len(rows) == total:
            return encoded
        whole = np.array(encoded.to_device(ctranslate2.Device.cpu))
        return ctranslate2.StorageView.from_array(np.ascontiguousarray(whole[rows]))


def shorten(words: list[Word]) -> list[Word]:
    """Takes the pauses before words out of the words."""
    if words:
        usual_ms = statistics.median(word.end_ms - word.start_ms for word in words)
        longest_ms = max(LONGEST_WORD_MS, round(LONGEST_WORD * usual_ms))
        for word in words:
            word.start_ms = max(word.start_ms, word.end_ms - longest_ms)
    return words
