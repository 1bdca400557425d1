//! Passwords and their hashes: Argon2id ([RFC 9106](https://www.rfc-editor.org/rfc/rfc9106)) with the parameters OWASP recommends: 19 MiB, two
//! passes, one lane.
//!
//! [`Password`] is the plain text, [`PasswordHash`] the stored form, [`Hasher`] computes and verifies hashes.

use std::{fmt, sync::Mutex};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash as Phc, Salt},
};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::text::InvalidValue;

/// The minimum length of a password in characters. NIST SP 800-63B requires 8 and advises against composition rules.
pub const MINIMUM_CHARACTERS: usize = 10;
/// The maximum length of a password in bytes. An attacker could otherwise spend the server's CPU time with long inputs.
const MAXIMUM_BYTES: usize = 1024;
const OUTPUT_BYTES: usize = 32;

/// A plain-text password, zeroised on drop.
pub struct Password(Zeroizing<String>);

impl Password {
    /// A password to sign in with. Input beyond the maximum length is cut.
    pub fn shown(text: &str) -> Self {
        Self(Zeroizing::new(text.chars().take(MAXIMUM_BYTES).collect()))
    }

    /// A new password.
    ///
    /// # Errors
    /// [`InvalidValue`] with a sentence for the user if the password is too short or too long.
    pub fn chosen(text: &str) -> Result<Self, InvalidValue> {
        if text.chars().count() < MINIMUM_CHARACTERS {
            return Err(InvalidValue("Choose a password of at least 10 characters."));
        }
        if text.len() > MAXIMUM_BYTES {
            return Err(InvalidValue("Choose a password of at most 1024 bytes."));
        }
        Ok(Self(Zeroizing::new(text.into())))
    }
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

    /// Returns `true` if the password matches the hash. An attacker could otherwise find out by timing which accounts exist,
    /// so a missing hash takes as long to reject as a wrong password (AS-19).
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
        // A poisoned lock is harmless: each computation overwrites the buffer before it reads it.
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
    fn only_the_right_password_verifies() {
        let hasher = Hasher::default();
        let hash = hasher.hash(&Password::chosen("correct horse").expect("long enough"), [3; 16]);
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

    #[test]
    fn length_is_the_only_rule_for_new_passwords() {
        assert!(Password::chosen("123456789").is_err());
        assert!(Password::chosen("aaaaaaaaaa").is_ok());
        assert!(Password::chosen("ääääääääää").is_ok());
        assert!(Password::chosen(&"a".repeat(1024)).is_ok());
        assert!(Password::chosen(&"a".repeat(1025)).is_err());
    }
}
