//! Passwords and their hashes: Argon2id ([RFC 9106](https://www.rfc-editor.org/rfc/rfc9106)) with the parameters OWASP recommends: 19 MiB, two
//! passes, one lane.
//!
//! [`Password`] is the plain text, [`PasswordHash`] the stored form, [`Hasher`] computes and verifies hashes.

mod rules;

use std::{fmt, sync::Mutex};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash as Phc, Salt},
};
use icu_normalizer::ComposingNormalizerBorrowed;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use self::rules::MAXIMUM_BYTES;
pub use self::rules::{InvalidPassword, PasswordRules};

const OUTPUT_BYTES: usize = 32;

/// A plain-text password, zeroised on drop.
///
/// Two keyboards can send one character as different code points, so passwords are normalised: NFC, and every space is
/// U+0020 (RFC 8265 §4.2.2, OpaqueString). Older hashes are of the text as typed, which is therefore tried too.
pub struct Password {
    normalised: Zeroizing<String>,
    /// The text as typed, if it differs.
    typed: Option<Zeroizing<String>>,
}

impl Password {
    /// A password to sign in with. Input beyond the maximum length is cut.
    pub fn shown(text: &str) -> Self {
        let typed: Zeroizing<String> = Zeroizing::new(text.chars().take(MAXIMUM_BYTES).collect());
        let normalised = normalise(&typed);
        let differs = normalised != typed;
        Self { normalised, typed: differs.then_some(typed) }
    }

    /// A new password.
    ///
    /// # Errors
    /// [`InvalidPassword`] with a sentence for the user.
    pub fn chosen(text: &str, rules: &PasswordRules<'_>) -> Result<Self, InvalidPassword> {
        if text.len() > MAXIMUM_BYTES {
            return Err(InvalidPassword::TooLong);
        }
        let normalised = normalise(text);
        rules.check(&normalised)?;
        Ok(Self { normalised, typed: None })
    }

    /// The texts to verify a hash with.
    fn forms(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.normalised).chain(&self.typed).map(|text| text.as_str())
    }
}

fn normalise(text: &str) -> Zeroizing<String> {
    let is_space = |c: char| c.is_whitespace() && !c.is_control();
    let spaced: Zeroizing<String> = Zeroizing::new(text.chars().map(|c| if is_space(c) { ' ' } else { c }).collect());
    Zeroizing::new(ComposingNormalizerBorrowed::new_nfc().normalize(&spaced).into_owned())
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password([redacted])")
    }
}

/// A password hash in the PHC string format: `$argon2id$v=19$m=19456,t=2,p=1$` + base64(salt) + `$` + base64(hash), e.g.
/// `$argon2id$v=19$m=19456,t=2,p=1$AwMDAw…$3q2+7w…`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash([redacted])")
    }
}

/// Computes password hashes in one reused buffer of 19 MiB. A new buffer per hash would multiply the memory of the process.
pub struct Hasher {
    memory: Mutex<Vec<Block>>,
}

impl Default for Hasher {
    fn default() -> Self {
        Self { memory: Mutex::new(Vec::new()) }
    }
}

impl Hasher {
    /// Hashes a new password.
    pub fn hash(&self, password: &Password, salt: [u8; 16]) -> PasswordHash {
        let params = Params::default();
        let output = self.compute(&password.normalised, &salt, params.clone());
        let phc = Phc {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params).expect("the default parameters have a PHC form"),
            salt: Some(Salt::new(&salt).expect("16 bytes are a salt")),
            hash: Some(Output::new(&*output).expect("32 bytes are an output")),
        };
        PasswordHash(phc.to_string())
    }

    /// Returns `true` if the password matches the hash. An attacker could otherwise find out by timing which accounts exist,
    /// so a missing hash takes as long to reject as a wrong password (AS-19).
    pub fn verify(&self, password: &Password, hash: Option<&PasswordHash>) -> bool {
        let known = hash.and_then(|hash| Phc::new(&hash.0).ok());
        let params = known.as_ref().and_then(|phc| Params::try_from(phc).ok());
        let (Some(phc), Some(params)) = (known, params) else {
            for form in password.forms() {
                self.compute(form, &[0; 16], Params::default());
            }
            return false;
        };
        let (Some(salt), Some(expected)) = (phc.salt, phc.hash) else { return false };
        password.forms().any(|form| {
            let output = self.compute(form, &salt, params.clone());
            output.as_slice().ct_eq(expected.as_bytes()).into()
        })
    }

    fn compute(&self, password: &str, salt: &[u8], params: Params) -> Zeroizing<[u8; OUTPUT_BYTES]> {
        let mut output = Zeroizing::new([0; OUTPUT_BYTES]);
        let blocks = params.block_count();
        // A poisoned lock is harmless: each computation overwrites the buffer before it reads it.
        let mut memory = self.memory.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if memory.len() < blocks {
            memory.resize(blocks, Block::default());
        }
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(password.as_bytes(), salt, output.as_mut_slice(), memory.as_mut_slice())
            .expect("lengths of password, salt and output are within argon2's bounds");
        output
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_verifies() {
        let hasher = Hasher::default();
        let hash = hasher.hash(&Password::shown("correct horse"), [3; 16]);
        assert!(hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.0);
        assert!(hasher.verify(&Password::shown("correct horse"), Some(&hash)));
        assert!(!hasher.verify(&Password::shown("correct horsf"), Some(&hash)));
        assert!(!hasher.verify(&Password::shown(""), Some(&hash)));
        assert!(!hasher.verify(&Password::shown("correct horse"), None));
    }

    #[test]
    fn malformed_hash_verifies_no_password() {
        let hasher = Hasher::default();
        for hash in ["", "$argon2id$", "$argon2id$v=19$m=8,t=1,p=1", "plain"] {
            assert!(!hasher.verify(&Password::shown("plain"), Some(&PasswordHash(hash.into()))), "{hash}");
        }
    }

    const RULES: PasswordRules<'_> =
        PasswordRules { email: "ada@example.org", service_name: "Jean Memory", has_passkey: false };

    /// TO-08
    #[test]
    fn password_typed_on_another_keyboard_verifies() {
        let hasher = Hasher::default();
        let hash = hasher.hash(&Password::chosen("Zoe\u{308}s kleine Größe", &RULES).expect("valid"), [3; 16]);
        for typed in ["Zo\u{eb}s kleine Größe", "Zoe\u{308}s\u{a0}kleine\u{3000}Gro\u{308}ße"] {
            assert!(hasher.verify(&Password::shown(typed), Some(&hash)), "{typed}");
        }
        assert!(!hasher.verify(&Password::shown("zoës kleine größe"), Some(&hash)), "case is significant");
    }

    /// TO-08
    #[test]
    fn hash_of_a_password_as_typed_still_verifies() {
        let hasher = Hasher::default();
        let typed = Zeroizing::new("Zoe\u{308}s\u{a0}kleine Größe".to_owned());
        let old = hasher.hash(&Password { normalised: typed.clone(), typed: None }, [3; 16]);
        assert!(hasher.verify(&Password::shown(&typed), Some(&old)));
        assert!(!hasher.verify(&Password::shown("Zoës kleine Größe"), Some(&old)), "it never did");
        let short = hasher.hash(&Password::shown("tin lamp oz"), [3; 16]);
        assert!(hasher.verify(&Password::shown("tin lamp oz"), Some(&short)), "shorter than today's minimum (SR-16)");
    }

    /// TO-08
    #[test]
    fn length_is_that_of_the_normalised_password() {
        let decomposed = "e\u{301}".repeat(7) + "a";
        assert_eq!(Password::chosen(&decomposed, &RULES).err(), Some(InvalidPassword::TooShort(15)));
        assert_eq!(Password::chosen(&"ä".repeat(600), &RULES).err(), Some(InvalidPassword::TooLong));
    }
}
