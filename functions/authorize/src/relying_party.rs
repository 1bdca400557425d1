//! This server as the relying party of passkeys (WebAuthn Level 3 §7). The crate checks what an authenticator signed; here
//! is what it is asked for, and how the state of a ceremony comes back with the answer.

use jean_auth::{
    passkey::{Passkey, PasskeyId, user_handle},
    public_url::PublicUrl,
    user::User,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, de::DeserializeOwned};
use url::Url;
use webauthn_rs::{
    Webauthn, WebauthnBuilder,
    prelude::{
        DiscoverableAuthentication, Passkey as Credential, PasskeyRegistration, PublicKeyCredential,
        RegisterPublicKeyCredential, Uuid,
    },
};
use webauthn_rs_proto::ResidentKeyRequirement;

/// How long a challenge can be answered: as long as the page it stands on.
pub(crate) const CHALLENGE_LIFETIME: SignedDuration = SignedDuration::from_hours(1);

#[derive(Debug)]
pub(crate) struct RelyingParty(Webauthn);

/// What a page asks an authenticator for.
pub(crate) struct Ceremony {
    /// For the browser, as JSON.
    pub(crate) options: String,
    /// For us, when the answer comes. It says what may be answered: whoever keeps it seals it.
    pub(crate) state: String,
}

impl RelyingParty {
    /// The one of this server; none, where its host has no name (WebAuthn §5.1.2: the RP ID is a domain).
    pub(crate) fn new(public_url: &PublicUrl, service_name: &str) -> Option<Self> {
        let origin: Url = public_url.issuer().parse().ok()?;
        let builder = WebauthnBuilder::new(origin.domain()?, &origin).ok()?;
        builder.rp_name(service_name).build().ok().map(Self)
    }

    /// Begins to make a passkey: one that signs in without an address being typed, and none that is there already.
    pub(crate) fn register(&self, user: &User, passkeys: &[Passkey], now: Timestamp) -> Option<Ceremony> {
        let there = passkeys.iter().filter_map(credential).map(|credential| credential.cred_id().clone()).collect();
        let (handle, email) = (Uuid::from_bytes(user_handle(&user.user_id)), user.email.as_str());
        let (mut options, state) = self.0.start_passkey_registration(handle, email, email, Some(there)).ok()?;
        if let Some(wanted) = &mut options.public_key.authenticator_selection {
            wanted.resident_key = Some(ResidentKeyRequirement::Required);
            wanted.require_resident_key = true;
        }
        Some(Ceremony { options: json(&options.public_key), state: json(&(now.as_second(), state)) })
    }

    /// The passkey that was made: its id, and what is to be kept of it.
    pub(crate) fn registered(&self, state: &str, answer: &str, now: Timestamp) -> Option<(PasskeyId, String)> {
        let state: PasskeyRegistration = open(state, now)?;
        let answer: RegisterPublicKeyCredential = serde_json::from_str(answer).ok()?;
        let credential = self.0.finish_passkey_registration(&answer, &state).ok()?;
        Some((PasskeyId::of(credential.cred_id()), json(&credential)))
    }

    /// Begins a sign-in with whichever passkey somebody has.
    pub(crate) fn authenticate(&self, now: Timestamp) -> Option<Ceremony> {
        let (options, state) = self.0.start_discoverable_authentication().ok()?;
        Some(Ceremony { options: json(&options.public_key), state: json(&(now.as_second(), state)) })
    }

    /// Checks the answer to a challenge with the passkey it names: the passkey as it is after that, if it is right.
    pub(crate) fn authenticated(&self, state: &str, answer: &str, passkey: &Passkey, now: Timestamp) -> Option<String> {
        let state: DiscoverableAuthentication = open(state, now)?;
        let answer: PublicKeyCredential = serde_json::from_str(answer).ok()?;
        if answer.get_user_unique_id() != Some(user_handle(&passkey.user_id).as_slice()) {
            return None;
        }
        let mut credential = credential(passkey)?;
        let result = self.0.finish_discoverable_authentication_v2(&answer, state, &credential).ok()?;
        credential.update_credential(&result)?;
        Some(json(&credential))
    }
}

/// Which passkey an answer is said to be of.
pub(crate) fn passkey_of(answer: &str) -> Option<PasskeyId> {
    let answer: PublicKeyCredential = serde_json::from_str(answer).ok()?;
    Some(PasskeyId::of(answer.get_credential_id()))
}

fn credential(passkey: &Passkey) -> Option<Credential> {
    serde_json::from_str(&passkey.credential).ok()
}

/// The state of a ceremony that is not over.
fn open<S: DeserializeOwned>(state: &str, now: Timestamp) -> Option<S> {
    let (began, state): (i64, S) = serde_json::from_str(state).ok()?;
    (now.duration_since(Timestamp::from_second(began).ok()?) < CHALLENGE_LIFETIME).then_some(state)
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("strings, numbers and bytes")
}
