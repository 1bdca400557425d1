//! A layer of the transformer: attention, and two linear layers.

use crate::{matrix::Matrix, weights::Weights};

const HEADS: usize = 12;

/// Normalisation of a vector to mean 0 and deviation 1, and a linear function of each value.
#[derive(Debug)]
pub(crate) struct Norm {
    factors: Vec<f32>,
    summands: Vec<f32>,
}

#[derive(Debug)]
pub(crate) struct Layer {
    /// Of query, key and value.
    attention: [Matrix; 3],
    attended: Matrix,
    attention_norm: Norm,
    inner: Matrix,
    output: Matrix,
    output_norm: Norm,
}

impl Norm {
    pub(crate) fn read(weights: &mut Weights, width: usize) -> Option<Self> {
        Some(Self { factors: weights.floats(width)?, summands: weights.floats(width)? })
    }

    pub(crate) fn apply(&self, row: &mut [f32]) {
        let mean = row.iter().sum::<f32>() / row.len() as f32;
        let variance = row.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / row.len() as f32;
        let deviation = (variance + 1e-12).sqrt();
        for ((value, factor), summand) in row.iter_mut().zip(&self.factors).zip(&self.summands) {
            *value = (*value - mean) / deviation * factor + summand;
        }
    }
}

impl Layer {
    pub(crate) fn read(weights: &mut Weights<'static>, width: usize) -> Option<Self> {
        Some(Self {
            attention: [Matrix::read(weights)?, Matrix::read(weights)?, Matrix::read(weights)?],
            attended: Matrix::read(weights)?,
            attention_norm: Norm::read(weights, width)?,
            inner: Matrix::read(weights)?,
            output: Matrix::read(weights)?,
            output_norm: Norm::read(weights, width)?,
        })
    }

    /// The outputs for the tokens of a text; their vectors follow one another.
    pub(crate) fn apply(&self, hidden: &[f32]) -> Vec<f32> {
        let [query, key, value] = self.attention.each_ref().map(|matrix| matrix.apply(hidden));
        let context = attention(&query, &key, &value, hidden.len() / self.attended_width());
        let attended = self.attention_norm.of_sum(self.attended.apply(&context), hidden);
        let mut inner = self.inner.apply(&attended);
        inner.iter_mut().for_each(|value| *value = gelu(*value));
        self.output_norm.of_sum(self.output.apply(&inner), &attended)
    }

    fn attended_width(&self) -> usize {
        self.attention_norm.factors.len()
    }
}

impl Norm {
    fn of_sum(&self, mut rows: Vec<f32>, others: &[f32]) -> Vec<f32> {
        rows.iter_mut().zip(others).for_each(|(value, other)| *value += other);
        rows.chunks_exact_mut(self.factors.len()).for_each(|row| self.apply(row));
        rows
    }
}

/// For each head, the mean of the values of all tokens, weighted by how well their keys answer the query.
fn attention(query: &[f32], key: &[f32], value: &[f32], tokens: usize) -> Vec<f32> {
    let width = query.len() / tokens;
    let size = width / HEADS;
    let mut context = vec![0.0; query.len()];
    for head in (0..width).step_by(size) {
        let row = |of: &'_ [f32], token: usize| -> std::ops::Range<usize> {
            debug_assert_eq!(of.len(), query.len());
            token * width + head..token * width + head + size
        };
        for token in 0..tokens {
            let asked = &query[row(query, token)];
            let mut weights: Vec<f32> =
                (0..tokens).map(|other| product(asked, &key[row(key, other)]) / (size as f32).sqrt()).collect();
            let largest = weights.iter().copied().fold(f32::MIN, f32::max);
            weights.iter_mut().for_each(|weight| *weight = (*weight - largest).exp());
            let sum: f32 = weights.iter().sum();
            let out = &mut context[token * width + head..token * width + head + size];
            for (other, weight) in weights.iter().enumerate() {
                let values = &value[row(value, other)];
                out.iter_mut().zip(values).for_each(|(out, value)| *out += weight / sum * value);
            }
        }
    }
    context
}

/// A dot product.
fn product(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

/// The Gaussian error linear unit, with the error function of Abramowitz and Stegun, 7.1.26.
fn gelu(value: f32) -> f32 {
    let x = value.abs() / std::f32::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let polynomial = t * (0.254_829_6 + t * (-0.284_496_74 + t * (1.421_413_7 + t * (-1.453_152 + t * 1.061_405_4))));
    let erf = (1.0 - polynomial * (-x * x).exp()).copysign(value);
    value * (1.0 + erf) / 2.0
}

/// A vector of length one.
pub(crate) fn normalised(mut vector: Vec<f32>) -> Vec<f32> {
    let length = product(&vector, &vector).sqrt().max(f32::MIN_POSITIVE);
    vector.iter_mut().for_each(|value| *value /= length);
    vector
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gelu_follows_its_definition() {
        for (value, expected) in [(0.0, 0.0), (1.0, 0.841_345), (-1.0, -0.158_655), (3.0, 2.995_95), (-6.0, 0.0)] {
            assert!((gelu(value) - expected).abs() < 1e-5, "{value}");
        }
    }

    #[test]
    fn attention_prefers_the_answering_key() {
        let width = HEADS;
        let mut key = vec![0.0; 2 * width];
        key[width..].fill(9.0);
        let value: Vec<f32> = [vec![1.0; width], vec![2.0; width]].concat();
        let context = attention(&[vec![1.0; width], vec![0.0; width]].concat(), &key, &value, 2);
        assert!(context[..width].iter().all(|value| (value - 2.0).abs() < 0.01));
        assert!(context[width..].iter().all(|value| (value - 1.5).abs() < 0.01));
    }
}
