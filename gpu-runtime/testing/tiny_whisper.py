"""Writes a Whisper model of about 4 MB whose weights are computed, not trained: usage tiny_whisper.py FOLDER [BEHAVIOUR].

It hears one thing, how long there was sound, and says a word of SENTENCE for every 0.4 seconds of it; without any sound
it makes up a whole sentence, as the large ones do. Everything around it is real: features, batches, prompts, tokens,
probabilities and word times. The behaviours: `plain`; `unsure`, which gives every word a low probability; `circling`,
which says three words for ever.

How: the decoder's state is its last token (the embedding), the last loud moment comes from cross-attention as a vector
of sines, and the end-of-text token's weights compare the two. All vectors are orthogonal, so that layer normalisation
only scales them.
"""

import json
import os
import sys

import numpy as np
from ctranslate2.specs import whisper_spec
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

SENTENCE = (
    "The meeting is on Friday at seven and before that I want to hear what you think about our plan because "
    "nobody else has read it yet so please take your time with every page then call me back soon"
).split()
SECONDS_PER_WORD = 0.4
LANGUAGES = ("en", "sv")
MELS = 80
WIDTH = 128
HEAD = WIDTH // 2
FRAMES = 1_500
WINDOW_SECONDS = 30.0
CONTEXT = 448
# Sines and cosines that stand for a moment: slow ones give its place, fast ones its sharpness.
CODE = 32
LOUDNESS = CODE * 2
# The mean of these many log-mels from the lowest is above it in speech, and below it in Whisper's padding.
LOUD_MELS = 30
LOUD_FROM = 0.2
LOUD_GAIN = 40.0
LOUD_MOST = 4.0
# Strength of a state in the decoder, of a word's probability, and of the comparison of times, per second.
STATE = 5.0
WORD_LOGIT = 16.0
UNSURE_LOGIT = 4.0
END_PER_SECOND = 25.0


def byte_alphabet():
    """The characters that stand for bytes in a byte-level vocabulary, in the order of the bytes."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in shown]
    table = {byte: chr(byte) for byte in shown}
    table.update({byte: chr(256 + at) for at, byte in enumerate(hidden)})
    return [table[byte] for byte in range(256)]


def make_tokenizer(words):
    """One token per word, with the space before it; the specials in Whisper's order."""
    vocabulary = byte_alphabet()
    merges = []
    for word in words:
        pieces = "\u0120" + word
        whole = pieces[0]
        for piece in pieces[1:]:
            if whole + piece not in vocabulary:
                vocabulary.append(whole + piece)
                merges.append((whole, piece))
            whole += piece
    # The empty token tells CTranslate2 that the model knows several languages.
    vocabulary.append("")
    tokenizer = Tokenizer(
        models.BPE(vocab={token: at for at, token in enumerate(vocabulary)}, merges=merges)
    )
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    specials = ["endoftext", "startoftranscript", *LANGUAGES, "translate", "transcribe"]
    specials += ["startoflm", "startofprev", "nospeech", "notimestamps"]
    specials += ["%.2f" % (at * 0.02) for at in range(1_501)]
    tokenizer.add_special_tokens(
        [AddedToken("<|%s|>" % name, special=True, normalized=False) for name in specials]
    )
    return tokenizer


def moment_codes():
    """[FRAMES, CODE]: each row stands for one moment; and the weights that read seconds from it."""
    slowest, fastest = np.pi / 2 / FRAMES, np.pi / 12
    steps = np.geomspace(slowest, fastest, CODE // 2)
    at = np.arange(FRAMES)[:, None] * steps
    codes = np.concatenate([np.cos(at), np.sin(at)], axis=1)
    seconds = np.arange(FRAMES) / FRAMES * WINDOW_SECONDS
    square = codes.T @ codes + 1e-3 * np.eye(CODE)
    return codes, np.linalg.solve(square, codes.T @ seconds)


def zeros(*shape):
    return np.zeros(shape, np.float32)


def fill_idle(layer, with_cross):
    """A layer that passes its input on."""

    def norm(spec):
        spec.gamma, spec.beta = np.ones(WIDTH, np.float32), zeros(WIDTH)

    def linear(spec, rows, columns):
        spec.weight, spec.bias = zeros(rows, columns), zeros(rows)

    norm(layer.self_attention.layer_norm)
    linear(layer.self_attention.linear[0], 3 * WIDTH, WIDTH)
    linear(layer.self_attention.linear[1], WIDTH, WIDTH)
    if with_cross:
        norm(layer.attention.layer_norm)
        linear(layer.attention.linear[0], WIDTH, WIDTH)
        linear(layer.attention.linear[1], 2 * WIDTH, WIDTH)
        linear(layer.attention.linear[2], WIDTH, WIDTH)
    norm(layer.ffn.layer_norm)
    linear(layer.ffn.linear_0, WIDTH, WIDTH)
    linear(layer.ffn.linear_1, WIDTH, WIDTH)


def fill_encoder(encoder, codes):
    """Gives each frame its moment's code, twice with opposite signs, and how loud it is."""
    encoder.conv1.weight, encoder.conv1.bias = zeros(WIDTH, MELS, 3), zeros(WIDTH)
    for channel, below in ((0, 0.0), (1, LOUD_MOST)):
        encoder.conv1.weight[channel, :LOUD_MELS, 1] = LOUD_GAIN / LOUD_MELS
        encoder.conv1.bias[channel] = -LOUD_GAIN * LOUD_FROM - below
    encoder.conv2.weight, encoder.conv2.bias = zeros(WIDTH, WIDTH, 3), zeros(WIDTH)
    encoder.conv2.weight[LOUDNESS, 0, :] = 1 / 3
    encoder.conv2.weight[LOUDNESS, 1, :] = -1 / 3
    places = np.zeros((FRAMES, WIDTH), np.float32)
    places[:, :CODE] = codes
    places[:, CODE : 2 * CODE] = -codes
    encoder.position_encodings.encodings = places
    encoder.layer_norm.gamma, encoder.layer_norm.beta = np.ones(WIDTH, np.float32), zeros(WIDTH)
    for layer in encoder.layer:
        fill_idle(layer, with_cross=False)


def fill_cross_attention(attention, codes, read_seconds, states, carried):
    """Head 0 brings the code of the last loud moment, head 1 looks where the next word should be (word times)."""
    query, keys_values, out = attention.linear
    # The scores are divided by the root of a head's width.
    strength = np.sqrt(HEAD)
    query.bias[0] = strength
    keys_values.weight[0, LOUDNESS] = 60.0
    keys_values.weight[0, :CODE] = 2.0 * read_seconds
    keys_values.weight[HEAD : HEAD + CODE, :CODE] = np.eye(CODE)
    for at in range(len(SENTENCE)):
        frame = min(FRAMES - 1, int(at * SECONDS_PER_WORD * 50))
        query.weight[HEAD : HEAD + CODE] += 0.4 * np.outer(codes[frame], states[at]) * strength / STATE
    keys_values.weight[WIDTH : WIDTH + CODE, :CODE] = np.eye(CODE)
    out.weight[:, :CODE] = carried.T


def fill_decoder(decoder, tokenizer, behaviour):
    words = SENTENCE[:3] if behaviour == "circling" else SENTENCE
    size = tokenizer.get_vocab_size()
    codes, read_seconds = moment_codes()
    random = np.random.default_rng(7).standard_normal((WIDTH - 1, WIDTH))
    basis = np.linalg.qr((random - random.mean(axis=1, keepdims=True)).T)[0].T
    states = basis[: len(SENTENCE) + 1]
    start = basis[len(SENTENCE) + 1]
    # The brought code arrives with the strength of a state, so that normalisation scales both alike.
    loud_scale = np.sqrt(WIDTH / (CODE + LOUD_MOST**2))
    carried = basis[len(SENTENCE) + 2 :][:CODE] * STATE / np.sqrt(CODE / 2) / loud_scale
    scale = np.sqrt(WIDTH / (2 * STATE**2))

    def token(name):
        return tokenizer.token_to_id(name)

    ids = [token("\u0120" + word) for word in words]
    embeddings = np.tile(STATE * states[0], (size, 1))
    embeddings[token("<|startoftranscript|>")] = STATE * start
    for at, word in enumerate(ids):
        following = (at + 1) % len(ids) if behaviour == "circling" else at + 1
        embeddings[word] = STATE * states[following]
    decoder.embeddings.weight = embeddings.astype(np.float32)
    decoder.position_encodings.encodings = zeros(CONTEXT, WIDTH)
    decoder.layer_norm.gamma, decoder.layer_norm.beta = np.ones(WIDTH, np.float32), zeros(WIDTH)
    for layer in decoder.layer:
        fill_idle(layer, with_cross=True)
    fill_cross_attention(decoder.layer[0].attention, codes, read_seconds, states, carried)
    projection = np.zeros((size, WIDTH))
    unit = STATE * scale
    logit = UNSURE_LOGIT if behaviour == "unsure" else WORD_LOGIT
    for at, word in enumerate(ids):
        projection[word] = logit * states[at] / unit
    projection[token("<|en|>")] = WORD_LOGIT * start / unit
    if behaviour != "circling":
        end = logit * states.sum(axis=0) / unit
        due = [*(at * SECONDS_PER_WORD for at in range(len(SENTENCE))), WINDOW_SECONDS]
        end += END_PER_SECOND * np.array(due) @ states / unit
        # Reads the seconds back from the code.
        amplitude = STATE / np.sqrt(CODE / 2) * scale
        read = basis[len(SENTENCE) + 2 :][:CODE]
        end -= END_PER_SECOND * read_seconds @ read / amplitude
        projection[token("<|endoftext|>")] = end
    decoder.projection.weight = projection.astype(np.float32)


def build(folder, behaviour="plain"):
    os.makedirs(folder, exist_ok=True)
    tokenizer = make_tokenizer(SENTENCE)
    tokenizer.save(os.path.join(folder, "tokenizer.json"))
    spec = whisper_spec.WhisperSpec(1, 2, 1, 2)
    fill_encoder(spec.encoder, moment_codes()[0])
    fill_decoder(spec.decoder, tokenizer, behaviour)
    by_id = sorted(tokenizer.get_vocab().items(), key=lambda entry: entry[1])
    spec.register_vocabulary([name for name, _ in by_id])
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = []
    spec.config.lang_ids = [tokenizer.token_to_id("<|%s|>" % name) for name in LANGUAGES]
    spec.config.alignment_heads = [(0, 1)]
    spec.validate()
    spec.optimize()
    spec.save(folder)
    about = {"feature_size": MELS, "sampling_rate": 16_000, "hop_length": 160}
    with open(os.path.join(folder, "preprocessor_config.json"), "w", encoding="utf-8") as file:
        json.dump({**about, "chunk_length": 30, "n_fft": 400}, file)


if __name__ == "__main__":
    build(*sys.argv[1:3])
