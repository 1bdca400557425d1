"""Reads the texts of the regression: messages of the Chit Chat Challenge (MIT), and definitions of WordNet (WordNet licence)."""

import hashlib
import importlib.metadata
import json
import pathlib
import random

# Messages of at least a few words.
LENGTHS = range(12, 301)
WORDNET_SHA256 = "9c33953116f661f96b2af6815ea87a505a54cd48e72994ba47bca5aad58840a6"


def sentences(wordnet, count):
    """Returns sentences, half of each kind, in an order that depends on nothing but them."""
    order = random.Random(7)
    kinds = [messages(), definitions(wordnet)]
    for kind in kinds:
        order.shuffle(kind)
    return [sentence for kind in kinds for sentence in kind[: count // 2]]


def messages():
    distribution = importlib.metadata.distribution("chitchat-dataset")
    file = next(pathlib.Path(file.locate()) for file in distribution.files if file.name == "dataset.json")
    conversations = json.loads(file.read_text("utf-8")).values()
    said = (said for conversation in conversations for turn in conversation["messages"] for said in turn)
    return sorted({text for text in (" ".join(one["text"].split()) for one in said) if len(text) in LENGTHS})


def definitions(wordnet):
    files = [wordnet / f"data.{part}" for part in ("noun", "verb", "adj", "adv")]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    if digest != WORDNET_SHA256:
        raise SystemExit(f"{wordnet} is not WordNet 3.0 as packaged by Debian: {digest}")
    found = []
    for file in files:
        # Lines that begin with spaces are the licence.
        for line in (line for line in file.read_text("utf-8").splitlines() if line[0] != " "):
            entry, definition = line.split("|", 1)
            word = entry.split()[4].split("(")[0].replace("_", " ")
            found.append(f"{word}: {definition.strip()}")
    return found
