"""Recognises one learner's English with PocketSphinx, as a child process.

Standard input carries frames: one byte of kind, four bytes of length (little endian), then the payload.
`A` is mono 16-bit PCM at 16 kHz for the open utterance; `D` asks for a transcript of all of it (payload: a decimal
number that the answer repeats); `R` ends the utterance. Standard output carries one JSON object per line:
`ready`, `partial`, `final` (with the number asked) and `fault`. End of input ends the process.

How a final comes quickly: the decoder follows the speech while it arrives, with the cepstral mean of this very
learner, so that a final only has to close the utterance and search its word lattice. Sound that follows a final
reopens the utterance from a near pause; silence that follows one changes nothing and costs nothing.
"""

import collections
import json
import struct
import sys
import threading

import numpy as np
from pocketsphinx import Decoder

SAMPLE_RATE_HZ = 16000
# 100 ms: partials follow speech closely enough and a waiting command is met soon.
BLOCK = SAMPLE_RATE_HZ // 10
# 300 ms: further behind than this, partials are skipped to catch up.
LARGEST_LAG = 3 * BLOCK
# 1.2 s of sound gives a mean that is nearly as good as the whole utterance's.
MEAN_SAMPLES = int(1.2 * SAMPLE_RATE_HZ)
# The mean of a learner rests on at most this much speech, so that it follows a moved microphone.
MEAN_MEMORY_S = 12.0
# At most this much is decoded again when speech goes on after a final: about 0.15 s of work.
LONGEST_REPLAY = SAMPLE_RATE_HZ
# Blocks this far under the loud blocks of the utterance are silence.
SILENCE_BELOW_DB = 26.0
# -55 dBFS: an utterance that is never louder holds no speech.
QUIETEST_SPEECH_DB = -55.0
# Hearing less than this belief means noise.
LEAST_CONFIDENCE = 0.12
# Speech swings by more than this between its syllables; steady noise does not.
LEAST_SWING_DB = 5.0
DECODER = dict(
    samprate=SAMPLE_RATE_HZ,
    loglevel="FATAL",
    # The second search pass costs most of a final and gains nothing here; the lattice search stays.
    fwdflat=False,
    # Bounds the work on noisy sound without changing results on clear speech.
    maxhmmpf=8000,
)


def level_db(block):
    if len(block) == 0:
        return -120.0
    power = float(np.mean(np.square(block.astype(np.float64) / 32768)))
    return 10 * np.log10(power + 1e-12)


class MeanEstimator:
    """Cepstral means by way of a decoder whose search is next to nothing."""

    def __init__(self):
        self._decoder = Decoder(
            samprate=SAMPLE_RATE_HZ, loglevel="FATAL", lm=None, keyphrase="zygote", kws_threshold=1e-30
        )

    def measure(self, samples):
        self._decoder.start_utt()
        self._decoder.process_raw(samples.tobytes(), full_utt=True)
        self._decoder.end_utt()
        return np.array([float(x) for x in self._decoder.get_cmn().split(",")])


class LearnerMean:
    """The running cepstral mean of one learner."""

    def __init__(self):
        self.value = None
        self._weight_s = 0.0

    def learn(self, mean, seconds):
        if self.value is None:
            self.value = mean
        else:
            share = seconds / (self._weight_s + seconds)
            self.value = self.value + share * (mean - self.value)
        self._weight_s = min(MEAN_MEMORY_S, self._weight_s + seconds)


class Utterance:
    """The open utterance: its sound, and how far the decoder has followed it."""

    def __init__(self, decoder, estimator, learner):
        self._decoder = decoder
        self._estimator = estimator
        self._learner = learner
        self._mean = learner.value
        self._sound = np.zeros(0, np.int16)
        # Everything before this sample is decided and its words are in `_settled`.
        self._anchor = 0
        self._settled = []
        self._followed = 0
        self._following = False
        self._levels = []
        self._last = None
        self._last_end = 0

    @property
    def seconds(self):
        return len(self._sound) / SAMPLE_RATE_HZ

    def add(self, samples):
        self._sound = np.concatenate([self._sound, samples])

    @property
    def has_work(self):
        """Whether a whole block waits and may be followed before the utterance's mean is known."""
        waiting = len(self._sound) - self._followed
        if self._mean is None and len(self._sound) < MEAN_SAMPLES:
            return False
        return waiting >= BLOCK

    def follow_block(self):
        """Decodes one waiting block. Returns the text so far, or None where it cannot have changed."""
        self._require_mean()
        block = self._sound[self._followed : self._followed + BLOCK]
        self._levels.append(level_db(block))
        if self._last is not None:
            if self._is_silent(block):
                self._followed += len(block)
                return None
            self._reopen()
            block = self._sound[self._followed : self._followed + BLOCK]
        self._feed(block)
        if len(self._sound) - self._followed > LARGEST_LAG:
            return None
        return self._text(self._decoder.hyp())

    def finish(self):
        """The transcript of everything, as (text, confidence)."""
        if len(self._sound) == 0:
            return "", 0.0
        self._require_mean()
        while self._followed < len(self._sound):
            self.follow_block()
        if self._last is None:
            if not self._following:
                self._last = "", 0.0
                return self._last
            self._decoder.end_utt()
            self._following = False
            self._last_end = self._followed
            self._last = self._judge()
        return self._last

    def close(self):
        if self._following:
            self._decoder.end_utt()
            self._following = False

    def learn_mean(self):
        """Called between utterances: the mean of the whole utterance improves the learner's."""
        if self.seconds >= 0.5 and self._last is not None and self._last[0] != "":
            self._learner.learn(self._estimator.measure(self._sound), self.seconds)

    def _require_mean(self):
        if self._mean is None:
            self._mean = self._estimator.measure(self._sound)

    def _feed(self, block):
        if not self._following:
            self._decoder.set_cmn(",".join(f"{x:.2f}" for x in self._mean))
            self._decoder.start_utt()
            self._following = True
        self._decoder.process_raw(block.tobytes())
        self._followed += len(block)

    def _reopen(self):
        """Speech went on after a final: go back to the last anchor, or make the pause an anchor when it is far."""
        if self._last_end - self._anchor > LONGEST_REPLAY:
            self._anchor = self._last_end
            self._settled = [self._last]
        self._last = None
        self._followed = self._anchor

    def _is_silent(self, block):
        loud = float(np.percentile(self._levels, 90))
        return level_db(block) < max(loud - SILENCE_BELOW_DB, QUIETEST_SPEECH_DB)

    def _text(self, hyp):
        words = [text for text, _ in self._settled if text]
        if hyp is not None and hyp.hypstr:
            words.append(hyp.hypstr)
        return " ".join(words)

    def _judge(self):
        hyp = self._decoder.hyp()
        text = self._text(hyp)
        believed = heard = 0.0
        for segment in self._decoder.seg():
            if segment.word.startswith(("<", "[")):
                continue
            frames = segment.end_frame - segment.start_frame + 1
            heard += frames
            believed += frames * min(1.0, segment.prob)
        confidence = believed / heard if heard > 0 else 0.0
        if self._settled:
            confidence = (confidence + self._settled[-1][1]) / 2
        if confidence < LEAST_CONFIDENCE or not self._sounds_like_speech():
            settled = " ".join(text for text, _ in self._settled if text)
            return settled, confidence
        return text, confidence

    def _sounds_like_speech(self):
        levels = np.array(self._levels)
        if len(levels) == 0 or np.max(levels) < QUIETEST_SPEECH_DB:
            return False
        if len(levels) < 4:
            return True
        return np.percentile(levels, 95) - np.percentile(levels, 10) >= LEAST_SWING_DB


class Inbox:
    """Frames from the parent, read by a thread of its own so that nothing waits in the pipe."""

    def __init__(self, stream):
        self._stream = stream
        self._items = collections.deque()
        self._changed = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def take(self, wait):
        """The next item, None when there is none (only without `wait`). ("end", None) is the last."""
        with self._changed:
            while wait and not self._items:
                self._changed.wait()
            return self._items.popleft() if self._items else None

    def asks_again(self):
        """Whether a newer request for a transcript waits, which makes the present one pointless."""
        with self._changed:
            return any(kind == b"D" for kind, _ in self._items)

    def _read(self):
        try:
            while True:
                header = self._stream.read(5)
                if len(header) < 5:
                    break
                kind, length = header[:1], struct.unpack("<I", header[1:])[0]
                self._put((kind, self._stream.read(length)))
        finally:
            self._put(("end", None))

    def _put(self, item):
        with self._changed:
            self._items.append(item)
            self._changed.notify()


def tell(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def warm_up(decoder, estimator):
    """Touches the models' pages, so that the first utterance is as fast as the rest."""
    noise = np.random.default_rng(1).integers(-300, 300, SAMPLE_RATE_HZ // 2).astype(np.int16)
    estimator.measure(noise)
    decoder.start_utt()
    decoder.process_raw(noise.tobytes())
    decoder.end_utt()


def serve():
    decoder = Decoder(**DECODER)
    estimator = MeanEstimator()
    learner = LearnerMean()
    warm_up(decoder, estimator)
    inbox = Inbox(sys.stdin.buffer)
    utterance = Utterance(decoder, estimator, learner)
    number = 0
    partial = ""
    tell(kind="ready")
    while True:
        item = inbox.take(wait=not utterance.has_work)
        if item is None:
            text = utterance.follow_block()
            if text is not None and text != partial:
                partial = text
                tell(kind="partial", utterance=number, text=text)
            continue
        kind, payload = item
        if kind == "end":
            return
        if kind == b"A":
            utterance.add(np.frombuffer(payload, np.int16))
        elif kind == b"R":
            utterance.close()
            utterance.learn_mean()
            utterance = Utterance(decoder, estimator, learner)
            number += 1
            partial = ""
        elif kind == b"D" and not inbox.asks_again():
            text, confidence = utterance.finish()
            tell(kind="final", id=int(payload), text=text, confidence=round(confidence, 3))


if __name__ == "__main__":
    serve()
