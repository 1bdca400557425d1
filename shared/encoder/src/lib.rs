//! The sentence encoder all-MiniLM-L6-v2, with weights of four bits, see `weights/README.md` in this package.
//!
//! Its vectors are in the space of the word table of [`jean_memory::index`], so a query that only the table has read meets
//! both. A text of 32 words takes tens of milliseconds, too long for a request: only the maintenance of the index encodes.

mod layers;
mod matrix;
mod weights;
mod word_pieces;

use std::sync::LazyLock;

use jean_memory::index::{DIMENSIONS, Encoder};

use crate::{
    layers::{Layer, Norm, normalised},
    matrix::{Matrix, WordVectors},
    weights::Weights,
    word_pieces::WordPieces,
};

/// Word pieces of a text that count, with the markers of begin and end. The cost grows faster than the number.
const LONGEST: usize = 128;

/// The model.
#[derive(Debug)]
pub struct SentenceEncoder {
    pieces: WordPieces,
    words: WordVectors,
    places: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
    projection: Matrix,
}

static SHARED: LazyLock<SentenceEncoder> = LazyLock::new(|| {
    SentenceEncoder::read(&mut Weights::of(include_bytes!("../weights/minilm.bin"))).expect("the file is complete")
});

/// The encoder of this process. It is unpacked for the first text, which takes a tenth of a second.
#[derive(Debug)]
struct Shared;

impl Encoder for Shared {
    fn encode(&self, text: &str) -> Option<[f32; DIMENSIONS]> {
        SHARED.encode(text)
    }
}

impl SentenceEncoder {
    /// The encoder of this process. A start that encodes nothing does not unpack it.
    pub fn shared() -> &'static dyn Encoder {
        &Shared
    }

    fn read(weights: &mut Weights<'static>) -> Option<Self> {
        let layers = weights.number()?;
        let pieces = WordPieces::of(weights.text()?)?;
        let words = WordVectors::read(weights)?;
        let places = weights.floats(LONGEST * words.width())?;
        let norm = Norm::read(weights, words.width())?;
        let layers = (0..layers).map(|_| Layer::read(weights, words.width())).collect::<Option<_>>()?;
        let projection = Matrix::read(weights)?;
        Some(Self { pieces, words, places, norm, layers, projection })
    }

    /// The mean of the last layer.
    fn sentence(&self, tokens: &[usize]) -> Vec<f32> {
        let width = self.words.width();
        let mut hidden: Vec<f32> = tokens.iter().flat_map(|token| self.words.row(*token)).collect();
        hidden.iter_mut().zip(&self.places).for_each(|(value, place)| *value += place);
        hidden.chunks_exact_mut(width).for_each(|row| self.norm.apply(row));
        for layer in &self.layers {
            hidden = layer.apply(&hidden);
        }
        let mut sentence = vec![0.0; width];
        for row in hidden.chunks_exact(width) {
            sentence.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
        normalised(sentence)
    }
}

impl Encoder for SentenceEncoder {
    fn encode(&self, text: &str) -> Option<[f32; DIMENSIONS]> {
        let tokens = self.pieces.of_text(text, LONGEST)?;
        self.projection.apply(&self.sentence(&tokens)).try_into().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As in infra/tools/embedding/regress.py.
    const EXAMPLES: [&str; 4] = [
        "Ada moved to Oslo in May and lives near the harbour now.",
        "She has a peanut allergy, so no satay!",
        "Café Zoë: the Wi-Fi password is tr0ub4dor&3 \u{2014} don't share it.",
        "Grace plays the violin in an orchestra",
    ];

    fn encoded(text: &str) -> Vec<f32> {
        SentenceEncoder::shared().encode(text).expect("known words").into()
    }

    fn cosine(one: &[f32], other: &[f32]) -> f32 {
        normalised(one.to_vec()).iter().zip(normalised(other.to_vec())).map(|(one, other)| one * other).sum()
    }

    /// The vectors of the model with its original weights.
    fn examples() -> Vec<Vec<f32>> {
        let mut file = Weights::of(include_bytes!("../weights/examples.bin"));
        EXAMPLES.iter().map(|_| file.floats(DIMENSIONS).expect("complete")).collect()
    }

    #[test]
    fn vectors_are_those_of_the_model() {
        for (text, expected) in EXAMPLES.iter().zip(examples()) {
            let cosine = cosine(&encoded(text), &expected);
            assert!(cosine > 0.93, "{text}: {cosine}");
        }
    }

    #[test]
    fn texts_with_similar_meaning_are_near() {
        let near = |one: &str, other: &str| cosine(&encoded(one), &encoded(other));
        let headaches = "Red wine gives her a migraine";
        assert!(near(headaches, "What triggers headaches?") > near(headaches, "Where is the car parked?") + 0.2);
    }

    #[test]
    fn text_without_known_words_has_no_vector() {
        for text in ["", " \n", "\u{1F980}\u{1F980}"] {
            assert_eq!(SentenceEncoder::shared().encode(text), None, "{text:?}");
        }
    }

    #[test]
    fn long_text_has_the_vector_of_its_beginning() {
        let long = "the cats of Istanbul ".repeat(10_000);
        assert_eq!(encoded(&long), encoded(&"the cats of Istanbul ".repeat(100)));
    }

    #[test]
    fn tokens_are_those_of_the_model() {
        let tokens = |text| SHARED.pieces.of_text(text, LONGEST).expect("known words");
        let expected: [&[usize]; 2] = [
            &[101, 2016, 2038, 1037, 21443, 2035, 24395, 1010, 2061, 2053, 2938, 4710, 999, 102],
            &[
                101, 7668, 11199, 1024, 1996, 15536, 1011, 10882, 20786, 2003, 19817, 2692, 12083, 2549, 7983, 1004,
                1017, 1517, 2123, 1005, 1056, 3745, 2009, 1012, 102,
            ],
        ];
        assert_eq!([tokens(EXAMPLES[1]), tokens(EXAMPLES[2])], expected);
        assert_eq!(tokens("x \u{1F980} y"), [101, 1060, 100, 1061, 102]);
    }

    #[test]
    fn file_is_read_to_its_end() {
        let mut weights = Weights::of(include_bytes!("../weights/minilm.bin"));
        assert!(SentenceEncoder::read(&mut weights).is_some());
        assert!(weights.bytes(1).is_none());
    }
}
