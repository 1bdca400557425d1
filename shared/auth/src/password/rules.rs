//! Rules for new passwords ([NIST SP 800-63B-4 §3.1.1.2](https://pages.nist.gov/800-63-4/sp800-63b.html#passwordver)): length,
//! no common or personal password, and no rules of composition. Existing passwords stay valid.
//!
//! An estimator such as zxcvbn would add 1.5 MB to the function. `common.bin` has 2,587 of its 30,000 passwords (version
//! 3.1.1, MIT): those of at least 10 letters and digits, and the 1,500 most common shorter ones that are not numbers. Each is
//! lower-cased without other characters, and stored as the first 4 bytes of its SHA-256, sorted. The SHA-256 of the source,
//! `frequency_lists.rs`, is `6663b95ba2dff46afdbd335e177e67b1a5d2c8533ac0d57d46fed5d43c0e864b`.

use sha2::{Digest, Sha256};

/// The minimum length in characters of a password that alone signs in.
const MINIMUM: usize = 15;
/// The minimum length in characters beside a passkey, which the user is expected to use instead.
const MINIMUM_BESIDE_PASSKEY: usize = 10;
/// The maximum length in bytes. An attacker could otherwise spend the server's CPU time with long inputs.
pub(super) const MAXIMUM_BYTES: usize = 1024;
/// Letters and digits that must remain without the user's address and the name of the service.
const MINIMUM_REMAINDER: usize = 8;
/// A part of an address that is shorter may occur by chance.
const SHORTEST_PART: usize = 4;

static COMMON: &[u8] = include_bytes!("common.bin");

/// The account that a new password is for.
#[derive(Debug, Clone, Copy)]
pub struct PasswordRules<'a> {
    /// Its email address.
    pub email: &'a str,
    /// The display name of the server.
    pub service_name: &'a str,
    /// `true` if the user can sign in with a passkey.
    pub has_passkey: bool,
}

/// The reason why a new password is rejected, with a sentence for the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPassword {
    /// It has fewer characters than this.
    #[error("Choose a password of at least {0} characters.")]
    TooShort(usize),
    /// It exceeds the maximum length.
    #[error("Choose a password of at most {MAXIMUM_BYTES} bytes.")]
    TooLong,
    /// It is one of the most common passwords, a sequence, or repeats a short text.
    #[error("This password is too easy to guess. Choose a few words that do not belong together.")]
    Common,
    /// It consists of the user's address or the name of the service.
    #[error("Choose a password without your email address and the name of this service.")]
    Personal,
}

impl PasswordRules<'_> {
    /// The minimum length in characters.
    pub fn minimum(&self) -> usize {
        if self.has_passkey { MINIMUM_BESIDE_PASSKEY } else { MINIMUM }
    }

    /// Checks a normalised password.
    pub(super) fn check(&self, password: &str) -> Result<(), InvalidPassword> {
        if password.chars().count() < self.minimum() {
            return Err(InvalidPassword::TooShort(self.minimum()));
        }
        if password.len() > MAXIMUM_BYTES {
            return Err(InvalidPassword::TooLong);
        }
        let folded = fold(password);
        if self.is_personal(&folded) {
            return Err(InvalidPassword::Personal);
        }
        if is_common(&folded) || is_repetitive(password) || is_sequence(password) {
            return Err(InvalidPassword::Common);
        }
        Ok(())
    }

    fn is_personal(&self, folded: &str) -> bool {
        let (local, domain) = self.email.rsplit_once('@').unwrap_or((self.email, ""));
        let host = domain.split('.').next().unwrap_or_default();
        let mut words = [self.email, domain, local, self.service_name, host].map(fold).to_vec();
        words.extend(self.service_name.split_whitespace().map(fold));
        words.extend(local.split(|c: char| !c.is_alphanumeric()).map(fold));
        // The longest first, so that a part of a word leaves no rest of it.
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        let mut rest = folded.to_owned();
        for word in words.iter().filter(|word| word.chars().count() >= SHORTEST_PART) {
            rest = rest.replace(word, "");
        }
        rest.len() < folded.len() && rest.chars().count() < MINIMUM_REMAINDER
    }
}

/// The letters and digits in lower case.
fn fold(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// `true` for a password of the list, with or without digits around it.
fn is_common(folded: &str) -> bool {
    let core = folded.trim_matches(|c: char| c.is_ascii_digit());
    [folded, core].into_iter().any(is_listed)
}

fn is_listed(folded: &str) -> bool {
    let digest = Sha256::digest(folded);
    let (entries, _) = COMMON.as_chunks::<4>();
    digest.first_chunk().is_some_and(|start| entries.binary_search(start).is_ok())
}

/// `true` if the password repeats a text shorter than the shortest password, such as `abcabcabcabcabc`.
fn is_repetitive(password: &str) -> bool {
    let characters: Vec<_> = password.chars().flat_map(char::to_lowercase).collect();
    let repeats = |period: usize| characters.iter().zip(&characters[period..]).all(|(one, next)| one == next);
    (1..MINIMUM_BESIDE_PASSKEY.min(characters.len())).any(repeats)
}

/// `true` if at least three quarters of the characters follow the one before in the alphabet, such as `abcdefgh12345678`.
fn is_sequence(password: &str) -> bool {
    let codes: Vec<_> = password.chars().map(u32::from).collect();
    let steps = codes.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) <= 1).count();
    steps * 4 >= codes.len().saturating_sub(1) * 3
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALONE: PasswordRules<'_> =
        PasswordRules { email: "Ada.Lovelace@example.org", service_name: "Jean Memory", has_passkey: false };
    const BESIDE: PasswordRules<'_> = PasswordRules { has_passkey: true, ..ALONE };

    /// SR-16
    #[test]
    fn fifteen_characters_or_ten_beside_a_passkey() {
        for (password, alone, beside) in [
            ("tin lamp", Err(InvalidPassword::TooShort(15)), Err(InvalidPassword::TooShort(10))),
            ("tin lamp oz", Err(InvalidPassword::TooShort(15)), Ok(())),
            ("correct horse 7", Ok(()), Ok(())),
            ("äöü ßñç éèê ôûî", Ok(()), Ok(())),
            ("日本語の長い合言葉は安全です。", Ok(()), Ok(())),
        ] {
            assert_eq!((ALONE.check(password), BESIDE.check(password)), (alone, beside), "{password}");
        }
        let long = "correct horse battery staple ".repeat(40);
        assert_eq!(ALONE.check(&long[..1024]), Ok(()));
        assert_eq!(ALONE.check(&long[..1025]), Err(InvalidPassword::TooLong));
    }

    /// SR-16, TO-08
    #[test]
    fn common_passwords_are_rejected() {
        for password in [
            "password1234567",
            "PASSWORD-1234567",
            "qwertyuiop12345",
            "iloveyou!!!!!!!2024",
            "123456789012345",
            "abcdefghijklmno",
            "aaaaaaaaaaaaaaaa",
            "abcabcabcabcabcabc",
            "Monkey Monkey Monkey",
            "1qaz2wsx3edc4rfv",
        ] {
            assert_eq!(ALONE.check(password), Err(InvalidPassword::Common), "{password}");
        }
        assert_eq!(BESIDE.check("qwertyuiop"), Err(InvalidPassword::Common));
    }

    /// SR-16
    #[test]
    fn own_address_and_service_name_are_rejected() {
        for password in [
            "ada.lovelace@example.org",
            "Ada Lovelace 1815",
            "jean memory 2026!",
            "JeanMemory-Lovelace",
            "example.org example",
        ] {
            assert_eq!(ALONE.check(password), Err(InvalidPassword::Personal), "{password}");
        }
        for password in ["the memory of a tin lamp", "ada likes long walks"] {
            assert_eq!(ALONE.check(password), Ok(()), "{password}");
        }
    }
}
