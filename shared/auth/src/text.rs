//! Validated text types, constructed only through [`FromStr`](std::str::FromStr), and [`TextHash`] for text without rules.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// Declares a newtype of `String` that is validated by its `FromStr` and by deserialisation.
macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident, $error:literal, $accepts:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::text::InvalidValue;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let accepts: fn(&str) -> bool = $accepts;
                if accepts(text) { Ok(Self(text.into())) } else { Err(crate::text::InvalidValue($error)) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = crate::text::InvalidValue;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
pub(crate) use text_type;

/// The SHA-256 of texts, each with its length: base64url, 43 characters, e.g. `E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM`.
///
/// A key of DynamoDB has at most 2,048 bytes and must not be empty. An attacker who types a longer one would cause an
/// internal error (SR-15), so typed text becomes part of a key only as a validated type of bounded length or in this form.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TextHash(String);

impl TextHash {
    /// Hashes texts of any length and alphabet.
    pub fn of(texts: &[&str]) -> Self {
        let mut digest = Sha256::new();
        for text in texts {
            // The length distinguishes ("ab", "c") from ("a", "bc").
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text);
        }
        Self(URL_SAFE_NO_PAD.encode(digest.finalize()))
    }

    /// The text of the hash, for use in a table key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An invalid value. The message states the rule it violates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidValue(pub &'static str);

#[cfg(test)]
mod tests {
    use super::*;

    /// SR-15, TO-06
    #[test]
    fn hash_of_any_text_has_one_length() {
        for texts in [&[][..], &[""], &["", ""], &["a", "bc"], &["ab", "c"], &["\0"], &[&"ä".repeat(100_000)]] {
            assert_eq!(TextHash::of(texts).as_str().len(), 43);
        }
        assert_ne!(TextHash::of(&["a", "bc"]), TextHash::of(&["ab", "c"]));
        assert_ne!(TextHash::of(&[""]), TextHash::of(&[]));
    }
}
