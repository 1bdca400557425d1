//! The strength of secrets that operators type, paste or store in Secrets Manager.

/// RFC 7518 §3.2: an HS256 key is at least as long as the hash.
pub const MINIMUM_SECRET_BYTES: usize = 32;
/// The minimum number of distinct bytes. 32 random hexadecimal digits have fewer once in 30 million times.
const MINIMUM_DISTINCT_BYTES: usize = 8;

/// The defect of a secret that must not be used, with advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakSecret {
    /// It is shorter than the hash.
    #[error("{bytes} bytes, and at least {MINIMUM_SECRET_BYTES} are needed; make one with: openssl rand -base64 48")]
    TooShort {
        /// Its length in bytes.
        bytes: usize,
    },
    /// It begins or ends with white space.
    #[error("begins or ends with white space; remove it")]
    Surrounded,
    /// It is JSON or has quotation marks.
    #[error("JSON or quoted; set the bare value")]
    Quoted,
    /// It repeats one character or a short text.
    #[error("repeats itself; make one with: openssl rand -base64 48")]
    Repetitive,
    /// It consists of a few characters.
    #[error("fewer than {MINIMUM_DISTINCT_BYTES} different characters; make one with: openssl rand -base64 48")]
    Uniform,
    /// It is no private key of the expected form.
    #[error("no Ed25519 private key as PKCS #8 PEM: {reason}; make one with: openssl genpkey -algorithm ed25519")]
    NoPrivateKey {
        /// The defect.
        reason: &'static str,
    },
    /// It is an example.
    #[error("a placeholder; make one with: openssl rand -base64 48")]
    Placeholder,
}

/// Parts of secrets in examples, in lower case without other characters. Too long to occur in a random secret by chance.
const PLACEHOLDERS: [&str; 13] = [
    "changeme",
    "changethis",
    "replaceme",
    "replacethis",
    "placeholder",
    "yoursecret",
    "yourjwtsecret",
    "yoursigningsecret",
    "supersecret",
    "secretkey",
    "jwtsecret",
    "examplesecret",
    "insertsecret",
];

/// Checks a secret, however it was set: an operator can replace a generated one in Secrets Manager by hand.
///
/// # Errors
/// [`WeakSecret`] if it is too short, easy to guess, or pasted with something around it: a service that verifies tokens
/// with the secret alone would then reject all of them (TO-12).
pub(crate) fn check(bytes: &[u8]) -> Result<(), WeakSecret> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        check_text(text)?;
    }
    if bytes.len() < MINIMUM_SECRET_BYTES {
        return Err(WeakSecret::TooShort { bytes: bytes.len() });
    }
    let repeats = |period: usize| bytes.iter().zip(&bytes[period..]).all(|(one, next)| one == next);
    if (1..=bytes.len() / 2).any(repeats) {
        return Err(WeakSecret::Repetitive);
    }
    let mut distinct = bytes.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() < MINIMUM_DISTINCT_BYTES { Err(WeakSecret::Uniform) } else { Ok(()) }
}

fn check_text(text: &str) -> Result<(), WeakSecret> {
    if text.trim() != text {
        return Err(WeakSecret::Surrounded);
    }
    if text.starts_with(['{', '[', '"', '\'']) {
        return Err(WeakSecret::Quoted);
    }
    let letters: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    let letters = letters.to_ascii_lowercase();
    if PLACEHOLDERS.iter().any(|placeholder| letters.contains(placeholder)) {
        return Err(WeakSecret::Placeholder);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{RootSecret, SigningSecret, VersionedSecret};

    /// T-19
    #[test]
    fn short_secret_is_rejected_with_advice() {
        let error = check(&[1; 31]).unwrap_err();
        assert_eq!(error, WeakSecret::TooShort { bytes: 31 });
        assert!(error.to_string().contains("openssl rand"));
    }

    /// TO-12, SR-14
    #[test]
    fn weak_secret_is_rejected_with_the_reason() {
        let good = "v0Yk3fQ2p7Rm1Zx8Lw5Tn9Bd4Hc6Js0a";
        assert!(SigningSecret::new(good, None).is_ok() && RootSecret::new(good, None).is_ok());
        assert!(SigningSecret::new("a secret of more than thirty-two bytes", None).is_ok());
        assert!(SigningSecret::new("9f86d081884c7d659a2feaa0c55ad015", None).is_ok(), "hexadecimal");
        for (text, reason) in [
            (format!(" {good}"), WeakSecret::Surrounded),
            (format!("{good}\n"), WeakSecret::Surrounded),
            (format!(r#"{{"key":"{good}"}}"#), WeakSecret::Quoted),
            (format!("\"{good}\""), WeakSecret::Quoted),
            ("a".repeat(64), WeakSecret::Repetitive),
            ("0123456789abcdef".repeat(4), WeakSecret::Repetitive),
            ("abcabcabdabcabcacabcbcabcabaabcabc".into(), WeakSecret::Uniform),
            ("change-me-change-me-change-me-now!".into(), WeakSecret::Placeholder),
            ("Your_JWT_Secret_goes_here_0123456789".into(), WeakSecret::Placeholder),
            ("my-super-secret-key-for-development".into(), WeakSecret::Placeholder),
            ("v0Yk3fQ2".into(), WeakSecret::TooShort { bytes: 8 }),
        ] {
            assert_eq!(SigningSecret::new(&text, None).expect_err("refused"), reason, "{text}");
            assert_eq!(RootSecret::new(&text, Some("v1".into())).expect_err("refused"), reason, "{text}");
        }
    }

    /// Secrets Manager also stores bytes that are no text.
    #[test]
    fn random_bytes_are_strong() {
        let bytes: [u8; 32] = std::array::from_fn(|place| 200_u8.wrapping_add((37 * place) as u8));
        assert!(SigningSecret::new(bytes, None).is_ok());
    }
}
