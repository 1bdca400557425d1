//! The variables of the secrets, and the rules of their versions.

use jean_auth::keys::{MAXIMUM_ACCESS_TOKEN_SECONDS, RootSecret, SigningSecret, VersionedSecret, WeakSecret};
use jiff::SignedDuration;

/// A secret as a function is configured with it.
#[derive(Debug)]
pub(crate) struct ConfiguredSecret<S> {
    /// The variable with the secret itself.
    pub(crate) key: &'static str,
    /// The variable with the ARN of the secret.
    pub(crate) arn: &'static str,
    /// Reads a version. It has an id in Secrets Manager only.
    pub(crate) read: fn(&[u8], Option<String>) -> Result<S, WeakSecret>,
    /// The minimum age of a version that signs: longer than any cached copy without it, and any request that began with one.
    pub(crate) signs_after: SignedDuration,
    /// The time for which the previous version verifies once the current one signs, or `None` until the next rotation.
    pub(crate) previous_verifies_for: Option<SignedDuration>,
    /// The use of the signing secret of an older stack in its place, if there was one.
    pub(crate) former: Option<Former<S>>,
}

/// The use of the signing secret in the place of one added to a stack later.
#[derive(Debug)]
pub(crate) struct Former<S> {
    /// The secret in that place.
    pub(crate) of: fn(&SigningSecret) -> Option<S>,
    /// The time for which it is accepted, from the creation of the later one.
    pub(crate) accepted_for: SignedDuration,
    /// `true` if it signs until the later one does.
    pub(crate) signs_first: bool,
}

/// The maximum lifetime of an access token. A verifier that leaked a version could otherwise use it until the next rotation,
/// so it ends with the last token that it can have signed (SR-14).
const TOKEN_LIFETIME: SignedDuration = SignedDuration::from_secs(MAXIMUM_ACCESS_TOKEN_SECONDS as i64);
/// Longer than [`CACHE_TTL`](crate::CACHE_TTL).
const SIGNS_AFTER: SignedDuration = SignedDuration::from_mins(11);
/// Verifiers elsewhere may cache the published keys for most of this time: instances may serve a copy of them for
/// [`CACHE_TTL`](crate::CACHE_TTL).
const PUBLISHED_SIGNS_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// The secret that signs access tokens with HS256.
pub(crate) static SIGNING_SECRET: ConfiguredSecret<SigningSecret> = ConfiguredSecret {
    key: "JWT_SECRET_KEY",
    arn: "JWT_SECRET_ARN",
    read: |bytes, version| SigningSecret::new(bytes, version),
    signs_after: SIGNS_AFTER,
    previous_verifies_for: Some(TOKEN_LIFETIME),
    former: None,
};

/// The key pair that signs access tokens with EdDSA in its place.
pub(crate) static KEY_PAIR: ConfiguredSecret<SigningSecret> = ConfiguredSecret {
    key: "ACCESS_TOKEN_PRIVATE_KEY",
    arn: "ACCESS_TOKEN_KEY_ARN",
    read: |text, version| SigningSecret::key_pair(text, version.as_deref()),
    signs_after: PUBLISHED_SIGNS_AFTER,
    previous_verifies_for: Some(TOKEN_LIFETIME),
    former: Some(Former {
        of: |signing| Some(signing.clone()),
        accepted_for: SignedDuration::from_secs(PUBLISHED_SIGNS_AFTER.as_secs() + TOKEN_LIFETIME.as_secs()),
        signs_first: true,
    }),
};

/// The root secret. Sessions and the cookie of known accounts live longer than a month.
pub(crate) static ROOT_SECRET: ConfiguredSecret<RootSecret> = ConfiguredSecret {
    key: "ROOT_SECRET_KEY",
    arn: "ROOT_SECRET_ARN",
    read: |bytes, version| RootSecret::new(bytes, version),
    signs_after: SIGNS_AFTER,
    previous_verifies_for: None,
    former: Some(Former {
        of: SigningSecret::as_former_root,
        // The lifetime of a session, the longest of the values derived from the signing secret.
        accepted_for: SignedDuration::from_hours(30 * 24),
        signs_first: false,
    }),
};
