//! The variables of the signing secret and of the root secret.

use jean_auth::keys::{MAXIMUM_ACCESS_TOKEN_SECONDS, RootSecret, SigningSecret, VersionedSecret};
use jiff::SignedDuration;

/// The variables of a secret, and the time for which its previous version verifies.
pub trait ConfiguredSecret: VersionedSecret {
    /// The variable with the secret itself.
    const KEY: &'static str;
    /// The variable with the ARN of the secret.
    const ARN: &'static str;
    /// The time for which the previous version verifies once the current one signs, or `None` until the next rotation.
    const PREVIOUS_VERIFIES_FOR: Option<SignedDuration>;

    /// The secret that earlier releases used in its place, if they derived it from this version of the signing secret.
    fn formerly(signing: &SigningSecret) -> Option<Self>;
}

/// A verifier that leaked the previous version could otherwise use it until the next rotation, so it ends with the last
/// token that it can have signed (SR-14).
impl ConfiguredSecret for SigningSecret {
    const KEY: &'static str = "JWT_SECRET_KEY";
    const ARN: &'static str = "JWT_SECRET_ARN";
    const PREVIOUS_VERIFIES_FOR: Option<SignedDuration> =
        Some(SignedDuration::from_secs(MAXIMUM_ACCESS_TOKEN_SECONDS as i64));

    fn formerly(_: &SigningSecret) -> Option<Self> {
        None
    }
}

/// Sessions and the cookie of known accounts live longer than a month.
impl ConfiguredSecret for RootSecret {
    const KEY: &'static str = "ROOT_SECRET_KEY";
    const ARN: &'static str = "ROOT_SECRET_ARN";
    const PREVIOUS_VERIFIES_FOR: Option<SignedDuration> = None;

    fn formerly(signing: &SigningSecret) -> Option<Self> {
        Some(signing.as_former_root())
    }
}
