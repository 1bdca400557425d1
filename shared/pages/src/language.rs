//! The language of a page: of those there are, the one the browser likes best (RFC 9110 §12.5.4).

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::{header, request::Parts};

/// A language pages are written in. A further one is a variant here, and a file of texts in each crate that has pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English, which is also for those who read neither.
    English,
    /// German.
    German,
}

impl Language {
    const ALL: [Self; 2] = [Self::English, Self::German];

    /// Its tag (RFC 5646).
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// The best of an `Accept-Language` header. A region makes no difference; what can't be read is passed over.
    fn preferred(accepted: &str) -> Self {
        let mut best = (0, Self::English);
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

/// A weight, `q=0.8` for one (RFC 9110 §12.4.2).
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
    fn a_page_is_in_the_language_the_browser_likes_best() {
        for (accepted, language) in [
            ("", Language::English),
            ("de", Language::German),
            ("de-AT,de;q=0.9,en;q=0.8", Language::German),
            ("DE-de", Language::German),
            ("en-GB,en;q=0.9,de;q=0.8", Language::English),
            ("fr,de;q=0.5,en;q=0.3", Language::German),
            ("en;q=0.3, de;q=0.5", Language::German),
            ("de;q=0, en;q=0.1", Language::English),
            ("fr", Language::English),
            ("*", Language::English),
            ("de;q=2", Language::English),
            ("de;q=x,;;,=", Language::English),
            ("deutsch", Language::English),
        ] {
            assert_eq!(Language::preferred(accepted), language, "{accepted}");
        }
    }
}
