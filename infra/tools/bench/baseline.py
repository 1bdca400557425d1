"""Ranks with bm25s: reads corpora as JSON lines, and writes the positions of the best documents per query."""

import json
import sys

import bm25s
import Stemmer

BEST = 100


def main():
    stopwords, stemmer = ("en", Stemmer.Stemmer("english")) if "--stemmed" in sys.argv else (None, None)

    def tokens(texts):
        return bm25s.tokenize(texts, stopwords=stopwords, stemmer=stemmer, show_progress=False)

    for line in sys.stdin:
        corpus = json.loads(line)
        index = bm25s.BM25()
        index.index(tokens(corpus["documents"]), show_progress=False)
        best = min(BEST, len(corpus["documents"]))
        found, scores = index.retrieve(tokens(corpus["queries"]), k=best, show_progress=False)
        rankings = [[int(f) for f, s in zip(*both) if s > 0] for both in zip(found, scores)]
        print(json.dumps(rankings), flush=True)


main()
