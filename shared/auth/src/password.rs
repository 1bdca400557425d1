//! Passwords, kept as argon2id (RFC 9106) with the parameters OWASP names: 19 MiB, two passes, one lane.

use std::{fmt, sync::Mutex};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash as Phc, Salt},
};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::text::InvalidValue;

/// The shortest password that is accepted, in characters (NIST SP 800-63B asks for 8 and no rules about kinds of
/// characters; this is a bit more).
pub const MINIMUM_CHARACTERS: usize = 10;
/// The longest, in bytes: enough for any phrase, and no way to make the server hash a novel.
const MAXIMUM_BYTES: usize = 1024;
const OUTPUT_BYTES: usize = 32;

/// A password as typed. Wiped when dropped.
pub struct Password(Zeroizing<String>);

impl Password {
    /// A password somebody signs in with: whatever was typed, of any length that can have been set.
    pub fn shown(text: &str) -> Self {
        Self(Zeroizing::new(text.chars().take(MAXIMUM_BYTES).collect()))
    }

    /// A password somebody chooses.
    ///
    /// # Errors
    /// [`InvalidValue`] for one that is too short or too long, with a sentence for the person.
    pub fn chosen(text: &str) -> Result<Self, InvalidValue> {
        if text.chars().count() < MINIMUM_CHARACTERS {
            return Err(InvalidValue("Please choose a password of at least 10 characters."));
        }
        if text.len() > MAXIMUM_BYTES {
            return Err(InvalidValue("Please choose a password of at most 1024 bytes."));
        }
        Ok(Self(Zeroizing::new(text.into())))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password([redacted])")
    }
}

/// A password's hash, as a PHC string: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash([redacted])")
    }
}

/// Hashes passwords in one buffer that is kept: a fresh one each time would leave the process at several times its size.
pub struct Hasher {
    memory: Mutex<Vec<Block>>,
}

impl Default for Hasher {
    fn default() -> Self {
        Self { memory: Mutex::new(Vec::new()) }
    }
}

impl Hasher {
    /// Hashes a password somebody chose.
    pub fn hash(&self, password: &Password, salt: [u8; 16]) -> PasswordHash {
        let params = Params::default();
        let output = self.compute(password, &salt, params.clone());
        let phc = Phc {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params).expect("the default parameters have a PHC form"),
            salt: Some(Salt::new(&salt).expect("16 bytes are a salt")),
            hash: Some(Output::new(&*output).expect("32 bytes are an output")),
        };
        PasswordHash(phc.to_string())
    }

    /// Whether the password is the one that was hashed. Without a hash, for an account that does not exist or has no
    /// password yet, it takes the same time to say no (AS-19).
    pub fn verify(&self, password: &Password, hash: Option<&PasswordHash>) -> bool {
        let known = hash.and_then(|hash| Phc::new(&hash.0).ok());
        let params = known.as_ref().and_then(|phc| Params::try_from(phc).ok());
        let (Some(phc), Some(params)) = (known, params) else {
            self.compute(password, &[0; 16], Params::default());
            return false;
        };
        let (Some(salt), Some(expected)) = (phc.salt, phc.hash) else { return false };
        self.compute(password, &salt, params).as_slice().ct_eq(expected.as_bytes()).into()
    }

    fn compute(&self, password: &Password, salt: &[u8], params: Params) -> Zeroizing<[u8; OUTPUT_BYTES]> {
        let mut output = Zeroizing::new([0; OUTPUT_BYTES]);
        let blocks = params.block_count();
        // A thread that panicked while hashing left nothing behind that the next one reads.
        let mut memory = self.memory.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if memory.len() < blocks {
            memory.resize(blocks, Block::default());
        }
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(password.0.as_bytes(), salt, output.as_mut_slice(), memory.as_mut_slice())
            .expect("lengths of password, salt and output are within argon2's bounds");
        output
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_password_verifies_and_no_other() {
        let hasher = Hasher::default();
        let hash = hasher.hash(&Password::chosen("correct horse").expect("long enough"), [3; 16]);
        assert!(hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.0);
        assert!(hasher.verify(&Password::shown("correct horse"), Some(&hash)));
        assert!(!hasher.verify(&Password::shown("correct horsf"), Some(&hash)));
        assert!(!hasher.verify(&Password::shown(""), Some(&hash)));
        assert!(!hasher.verify(&Password::shown("correct horse"), None));
    }

    #[test]
    fn a_damaged_hash_is_a_wrong_password() {
        let hasher = Hasher::default();
        for hash in ["", "$argon2id$", "$argon2id$v=19$m=8,t=1,p=1", "plain"] {
            assert!(!hasher.verify(&Password::shown("plain"), Some(&PasswordHash(hash.into()))), "{hash}");
        }
    }

    #[test]
    fn a_chosen_password_has_a_length_and_no_other_rule() {
        assert!(Password::chosen("123456789").is_err());
        assert!(Password::chosen("aaaaaaaaaa").is_ok());
        assert!(Password::chosen("ääääääääää").is_ok());
        assert!(Password::chosen(&"a".repeat(1024)).is_ok());
        assert!(Password::chosen(&"a".repeat(1025)).is_err());
    }
}
