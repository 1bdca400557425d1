//! Matrices with weights of four bits, a scale for every 32 of them.

use crate::weights::{Weights, float};

/// Weights with one scale.
const GROUP: usize = 32;
const ZERO: i8 = 8;
/// The largest value of a weight and of an input in products: sums of 1,536 of these stay below 2^31.
const FINEST_WEIGHT: f32 = 2047.0;
const FINEST_INPUT: f32 = 511.0;

/// Vectors of words, decoded one by one.
#[derive(Debug)]
pub(crate) struct WordVectors {
    width: usize,
    scales: &'static [[u8; 2]],
    pairs: &'static [u8],
}

/// A linear layer. Weights and inputs are rounded to integers, each row with its scale.
#[derive(Debug)]
pub(crate) struct Matrix {
    width: usize,
    weights: Vec<i16>,
    scales: Vec<f32>,
    bias: Vec<f32>,
}

impl WordVectors {
    pub(crate) fn read(weights: &mut Weights<'static>) -> Option<Self> {
        let (rows, width) = (weights.number()?, weights.number()?);
        Some(Self { width, scales: weights.halves(rows * width / GROUP)?, pairs: weights.bytes(rows * width / 2)? })
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    pub(crate) fn rows(&self) -> usize {
        self.pairs.len() * 2 / self.width
    }

    /// The vector of a word.
    pub(crate) fn row(&self, row: usize) -> Vec<f32> {
        let scales = &self.scales[row * self.width / GROUP..][..self.width / GROUP];
        let pairs = &self.pairs[row * self.width / 2..][..self.width / 2];
        let groups = scales.iter().map(float).zip(pairs.chunks_exact(GROUP / 2));
        let values = |pair: &u8| [(pair >> 4) as i8 - ZERO, (pair & 15) as i8 - ZERO];
        groups
            .flat_map(|(scale, pairs)| pairs.iter().flat_map(values).map(move |value| f32::from(value) * scale))
            .collect()
    }
}

impl Matrix {
    pub(crate) fn read(weights: &mut Weights<'static>) -> Option<Self> {
        let vectors = WordVectors::read(weights)?;
        let (rows, width) = (vectors.rows(), vectors.width());
        let mut matrix = Self { width, weights: Vec::with_capacity(rows * width), scales: vec![], bias: vec![] };
        for row in 0..rows {
            let scale = rounded(&vectors.row(row), FINEST_WEIGHT, &mut matrix.weights);
            matrix.scales.push(scale);
        }
        matrix.bias = weights.floats(rows)?;
        Some(matrix)
    }

    /// The outputs for rows of inputs, row by row.
    pub(crate) fn apply(&self, inputs: &[f32]) -> Vec<f32> {
        let (mut whole, mut scales) = (Vec::with_capacity(inputs.len()), Vec::new());
        for row in inputs.chunks_exact(self.width) {
            scales.push(rounded(row, FINEST_INPUT, &mut whole));
        }
        let mut outputs = vec![0.0; scales.len() * self.bias.len()];
        let rows = self.weights.chunks_exact(self.width).zip(&self.scales).zip(&self.bias).enumerate();
        // A row of weights stays in the cache for all inputs.
        for (at, ((weights, scale), bias)) in rows {
            for (of_input, (input, input_scale)) in whole.chunks_exact(self.width).zip(&scales).enumerate() {
                outputs[of_input * self.bias.len() + at] = product(weights, input) as f32 * scale * input_scale + bias;
            }
        }
        outputs
    }
}

/// Appends values rounded to integers up to `finest`, and returns their scale.
fn rounded(values: &[f32], finest: f32, whole: &mut Vec<i16>) -> f32 {
    let largest = values.iter().fold(f32::MIN_POSITIVE, |largest, value| largest.max(value.abs()));
    let steps = finest / largest;
    whole.extend(values.iter().map(|value| (value * steps).round_ties_even() as i16));
    largest / finest
}

/// The dot product, in a form for the vectoriser.
fn product(one: &[i16], other: &[i16]) -> i32 {
    one.iter().zip(other).map(|(one, other)| i32::from(*one) * i32::from(*other)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_preserves_products() {
        let one: Vec<f32> = (0..384).map(|at| (at as f32 * 0.7).sin()).collect();
        let other: Vec<f32> = (0..384).map(|at| (at as f32 * 0.7).sin() * 3.0 + (at as f32).cos()).collect();
        let exact: f32 = one.iter().zip(&other).map(|(one, other)| one * other).sum();
        let (mut weights, mut inputs) = (vec![], vec![]);
        let scale = rounded(&one, FINEST_WEIGHT, &mut weights) * rounded(&other, FINEST_INPUT, &mut inputs);
        let whole = product(&weights, &inputs) as f32 * scale;
        assert!((whole - exact).abs() < exact.abs() / 500.0, "{whole} {exact}");
    }

    #[test]
    fn largest_values_do_not_overflow() {
        let values = [1.0; 1536];
        let (mut weights, mut inputs) = (vec![], vec![]);
        let scale = rounded(&values, FINEST_WEIGHT, &mut weights) * rounded(&values, FINEST_INPUT, &mut inputs);
        assert_eq!((product(&weights, &inputs) as f32 * scale).round(), 1536.0);
    }
}
