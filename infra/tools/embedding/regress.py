"""Builds the table of word vectors, and the weights of the encoder whose vectors it approximates.

Both are in one space: the principal components of the sentence vectors of all-MiniLM-L6-v2. The vector of a word is such that
the sum over the words of a sentence is near the sentence's vector. The README files beside the two outputs describe the formats.
"""

import argparse
import pathlib
import struct

import numpy as np
import scipy.sparse

import minilm
import texts

DIMENSIONS = 192
SENTENCES = 40_000
# How much a word vector is drawn towards that of the word alone.
RIDGE = 2.0
ROUNDS = 2
STEPS = 25
# Entries of the vocabulary before the first word: markers.
MARKERS = 999
# Maximum number of neighbours per word, and their minimum cosine.
NEIGHBOURS = 10
NEAREST = 0.5
# Weights with one scale, and the shares of the largest weight that a scale is tried with.
GROUP = 32
SCALES = (1, 0.95, 0.9, 0.85, 0.8, 0.75)
# Steps per standard deviation, and the largest step.
STEP = 2.5
LARGEST = 7
PLACES = 128
# Their vectors are what the encoder's tests compare its own with.
EXAMPLES = [
    "Ada moved to Oslo in May and lives near the harbour now.",
    "She has a peanut allergy, so no satay!",
    "Café Zoë: the Wi-Fi password is tr0ub4dor&3 \u2014 don't share it.",
    "Grace plays the violin in an orchestra",
]


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("wordnet", type=pathlib.Path, help="the folder of WordNet's data files")
    arguments.add_argument("table", type=pathlib.Path, help="where the table goes")
    arguments.add_argument("encoder", type=pathlib.Path, help="where the weights of the encoder go")
    options = arguments.parse_args()

    model = minilm.Model()
    sentences = texts.sentences(options.wordnet, SENTENCES)
    tokens, wholes = model.encode(sentences)
    mean = wholes.mean(axis=0)
    values, directions = np.linalg.eigh(np.cov((wholes - mean).T))
    projection = directions[:, np.argsort(values)[::-1][:DIMENSIONS]].astype(np.float32)
    singles = model.entries()
    words = regressed(counts(tokens, len(model.vocabulary)), unit((wholes - mean) @ projection), (singles - singles.mean(axis=0)) @ projection)
    options.table.write_bytes(table(model.vocabulary, words, singles))
    options.encoder.write_bytes(encoder(model, mean, projection))
    _, examples = model.encode(EXAMPLES)
    options.encoder.with_name("examples.bin").write_bytes(halves((examples - mean) @ projection))


def unit(rows):
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def counts(tokens, width):
    """Returns how often each sentence has each entry of the vocabulary."""
    rows = np.repeat(np.arange(len(tokens)), [len(row) for row in tokens])
    ones = np.ones(len(rows), np.float32)
    return scipy.sparse.csr_matrix((ones, (rows, np.concatenate(tokens))), shape=(len(tokens), width))


def regressed(occurrences, wholes, singles):
    """Returns a vector for each entry of the vocabulary, by ridge regression and conjugate gradients.

    It begins with the vector of each word alone, weighted by the logarithm of its rank, which approximates its information
    (Zipf's law). Each sentence is scaled so that its sum has length one, since only directions count."""
    ranks = np.maximum(np.arange(len(singles)) - MARKERS + 1, 1)
    first = unit(singles) * np.log(ranks)[:, None].astype(np.float32)
    first /= np.linalg.norm(occurrences @ first, axis=1).mean()
    words = first
    for _ in range(ROUNDS):
        scales = 1 / np.maximum(np.linalg.norm(occurrences @ words, axis=1), 1e-6)
        scaled = scipy.sparse.diags(scales.astype(np.float32)) @ occurrences
        words = first + solved(scaled, scaled.T.tocsr(), wholes - scaled @ first)
    return words


def solved(scaled, transposed, missing):
    result = np.zeros((scaled.shape[1], missing.shape[1]), np.float32)
    rest = transposed @ missing
    direction, squares = rest.copy(), (rest * rest).sum(axis=0)
    for _ in range(STEPS):
        image = transposed @ (scaled @ direction) + RIDGE * direction
        step = squares / np.maximum((direction * image).sum(axis=0), 1e-30)
        result += step * direction
        rest -= step * image
        left = (rest * rest).sum(axis=0)
        direction = rest + left / np.maximum(squares, 1e-30) * direction
        squares = left
    return result


def table(vocabulary, vectors, singles):
    """Encodes the table: little-endian numbers, words sorted by bytes."""
    kept = sorted((word.encode(), rank) for rank, word in enumerate(vocabulary) if not (word[0] == "[" and word[-1] == "]" and len(word) > 1))
    words, ranks = [word for word, _ in kept], [rank for _, rank in kept]
    vectors = vectors[ranks]
    lengths = np.linalg.norm(vectors, axis=1)
    lists = [b"".join(struct.pack("<HB", *near) for near in nearest) for nearest in neighbours(words, centred(singles)[ranks])]
    parts = [
        struct.pack("<IHH", len(words), DIMENSIONS, 0),
        np.cumsum([len(word) for word in words], dtype=np.uint32).tobytes(),
        np.array(ranks, np.uint16).tobytes(),
        np.clip(np.rint(lengths / lengths.max() * 65535), 1, 65535).astype(np.uint16).tobytes(),
        np.cumsum([len(near) for near in lists], dtype=np.uint32).tobytes(),
        nibbles(vectors),
        b"".join(words),
        b"".join(lists),
    ]
    return b"".join(parts)


def nibbles(vectors):
    deviations = np.sqrt((vectors * vectors).mean(axis=1, keepdims=True))
    steps = np.clip(np.rint(vectors / np.maximum(deviations, 1e-9) * STEP), -LARGEST, LARGEST).astype(np.int8) + 8
    half = DIMENSIONS // 2
    return (steps[:, :half] << 4 | steps[:, half:]).astype(np.uint8).tobytes()


def centred(singles):
    """Returns the 256 principal components of the vectors of words alone, which say which words have a similar use."""
    moved = singles - singles.mean(axis=0)
    values, directions = np.linalg.eigh(np.cov(moved.T))
    return unit(moved @ directions[:, np.argsort(values)[::-1][:256]])


def neighbours(words, vectors):
    """Returns the nearest neighbours of each whole word: their positions, and their cosines in 255ths."""
    whole = np.array([word.isalpha() and len(word) > 2 for word in words])
    places = np.flatnonzero(whole)
    for start in range(0, len(words), 1024):
        cosines = vectors[start : start + 1024] @ vectors[places].T
        for row, cosine in enumerate(cosines, start):
            if not whole[row]:
                yield []
                continue
            best = np.argpartition(-cosine, NEIGHBOURS)[: NEIGHBOURS + 1]
            best = best[np.argsort(-cosine[best], kind="stable")]
            near = [(int(places[b]), int(cosine[b] * 255)) for b in best if cosine[b] >= NEAREST and places[b] != row]
            yield near[:NEIGHBOURS]


def encoder(model, mean, projection):
    """Encodes the model, with the projection as its last matrix."""
    weights, words = model.weights, "\n".join(model.vocabulary).encode()

    def norm(name):
        return halves(weights[f"{name}.weight"]) + halves(weights[f"{name}.bias"])

    def dense(name):
        return matrix(weights[f"{name}.weight"]) + halves(weights[f"{name}.bias"])

    places = weights["embeddings.position_embeddings.weight"][:PLACES] + weights["embeddings.token_type_embeddings.weight"][0]
    parts = [struct.pack("<II", minilm.LAYERS, len(words)), words, matrix(weights["embeddings.word_embeddings.weight"])]
    parts += [halves(places), norm("embeddings.LayerNorm")]
    for layer in (f"encoder.layer.{layer}" for layer in range(minilm.LAYERS)):
        parts += [dense(f"{layer}.attention.self.{name}") for name in ("query", "key", "value")]
        parts += [dense(f"{layer}.attention.output.dense"), norm(f"{layer}.attention.output.LayerNorm")]
        parts += [dense(f"{layer}.intermediate.dense"), dense(f"{layer}.output.dense"), norm(f"{layer}.output.LayerNorm")]
    return b"".join([*parts, matrix(projection.T), halves(-mean @ projection)])


def matrix(values):
    """Rounds each group of weights to four bits, with the scale of the least error."""
    groups = np.ascontiguousarray(values, np.float32).reshape(-1, GROUP)
    least = np.full(len(groups), np.inf)
    steps, scales = np.zeros_like(groups), np.zeros(len(groups), np.float32)
    for share in SCALES:
        tried = np.frombuffer(halves(np.abs(groups).max(axis=1) / LARGEST * share + 1e-12), "<u2").astype(np.uint32) << 16
        tried = tried.view(np.float32)
        rounded = np.clip(np.rint(groups / tried[:, None]), -8, 7)
        error = ((rounded * tried[:, None] - groups) ** 2).sum(axis=1)
        better = error < least
        least[better], steps[better], scales[better] = error[better], rounded[better], tried[better]
    pairs = (steps + 8).astype(np.uint8).reshape(-1, 2)
    return struct.pack("<II", *values.shape) + halves(scales) + (pairs[:, 0] << 4 | pairs[:, 1]).tobytes()


def halves(values):
    """The upper two bytes of floats, rounded."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32).astype(np.uint64)
    return (bits + 0x7FFF + (bits >> 16 & 1) >> 16).astype("<u2").tobytes()


if __name__ == "__main__":
    main()
