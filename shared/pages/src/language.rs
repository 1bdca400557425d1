//! Language negotiation by `Accept-Language` ([RFC 9110 §12.5.4](https://www.rfc-editor.org/rfc/rfc9110#section-12.5.4)).

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::{header, request::Parts};

/// A language of the pages, named by its tag. To add one, add a variant here and `translations/<tag>.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English, the default.
    En,
    /// German.
    De,
}

impl Language {
    const ALL: [Self; 2] = [Self::En, Self::De];

    /// The language tag (RFC 5646), e.g. `en`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }

    /// Returns the preferred language of an `Accept-Language` header. Regions and malformed ranges are ignored.
    fn preferred(accepted: &str) -> Self {
        let mut best = (0, Self::En);
        for range in accepted.split(',') {
            let (range, weight) = range.split_once(';').unwrap_or((range, "q=1"));
            let primary = range.split('-').next().unwrap_or_default().trim();
            let found = Self::ALL.into_iter().find(|language| primary.eq_ignore_ascii_case(language.tag()));
            let weight = thousandths(weight).unwrap_or(0);
            if let Some(language) = found.filter(|_| weight > best.0) {
                best = (weight, language);
            }
        }
        best.1
    }
}

/// Parses a weight such as `q=0.8` (RFC 9110 §12.4.2) into thousandths.
fn thousandths(weight: &str) -> Option<u32> {
    let weight: f32 = weight.trim().strip_prefix("q=").or(weight.trim().strip_prefix("Q="))?.parse().ok()?;
    (0.0..=1.0).contains(&weight).then_some((weight * 1000.0) as u32)
}

impl<S: Sync> FromRequestParts<S> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let accepted = parts.headers.get(header::ACCEPT_LANGUAGE).and_then(|accepted| accepted.to_str().ok());
        Ok(Self::preferred(accepted.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_with_the_highest_weight_is_used() {
        for (accepted, language) in [
            ("", Language::En),
            ("de", Language::De),
            ("de-AT,de;q=0.9,en;q=0.8", Language::De),
            ("DE-de", Language::De),
            ("en-GB,en;q=0.9,de;q=0.8", Language::En),
            ("fr,de;q=0.5,en;q=0.3", Language::De),
            ("en;q=0.3, de;q=0.5", Language::De),
            ("de;q=0, en;q=0.1", Language::En),
            ("fr", Language::En),
            ("*", Language::En),
            ("de;q=2", Language::En),
            ("de;q=x,;;,=", Language::En),
            ("deutsch", Language::En),
        ] {
            assert_eq!(Language::preferred(accepted), language, "{accepted}");
        }
    }
}
