//! The relying party of passkeys ([WebAuthn Level 3 §7](https://www.w3.org/TR/webauthn-3/#sctn-rp-operations)).
//!
//! `webauthn-rs` verifies the signatures; this module selects the options, and serialises the state of a ceremony into
//! the form that returns it.

use jean_auth::{
    passkey::{Passkey, PasskeyId, user_handle},
    public_url::PublicUrl,
    user::User,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use url::Url;
use webauthn_rs::{
    Webauthn, WebauthnBuilder,
    prelude::{
        DiscoverableAuthentication, Passkey as Credential, PasskeyRegistration, PublicKeyCredential,
        RegisterPublicKeyCredential, Uuid,
    },
};
use webauthn_rs_proto::ResidentKeyRequirement;

/// Lifetime of a challenge: that of the page with the form.
pub(crate) const CHALLENGE_LIFETIME: SignedDuration = SignedDuration::from_hours(1);

#[derive(Debug)]
pub(crate) struct RelyingParty(Webauthn);

/// A started registration or authentication.
pub(crate) struct Ceremony {
    /// The WebAuthn options for the browser, as JSON.
    pub(crate) options: String,
    /// The state needed to verify the response, as JSON. The caller must seal it: it determines which responses are valid.
    pub(crate) state: String,
}

impl RelyingParty {
    /// Returns `None` if the public URL has an IP address: the RP ID is a domain (WebAuthn §5.1.2).
    pub(crate) fn new(public_url: &PublicUrl, service_name: &str) -> Option<Self> {
        let origin: Url = public_url.issuer().parse().ok()?;
        let builder = WebauthnBuilder::new(origin.domain()?, &origin).ok()?;
        builder.rp_name(service_name).build().ok().map(Self)
    }

    /// Starts the registration of a discoverable passkey. Authenticators that hold one of `passkeys` are excluded.
    pub(crate) fn register(&self, user: &User, passkeys: &[Passkey], now: Timestamp) -> Option<Ceremony> {
        let excluded = passkeys.iter().filter_map(credential).map(|credential| credential.cred_id().clone()).collect();
        let handle = Uuid::from_bytes(user_handle(&user.user_id));
        let email = user.email.as_str();
        let (mut options, state) = self.0.start_passkey_registration(handle, email, email, Some(excluded)).ok()?;
        if let Some(wanted) = &mut options.public_key.authenticator_selection {
            wanted.resident_key = Some(ResidentKeyRequirement::Required);
            wanted.require_resident_key = true;
        }
        Some(Ceremony { options: json(&options.public_key), state: json(&(now.as_second(), state)) })
    }

    /// Verifies the response to a registration. Returns the id and the credential to store.
    pub(crate) fn registered(&self, state: &str, response: &str, now: Timestamp) -> Option<(PasskeyId, String)> {
        let state: PasskeyRegistration = open(state, now)?;
        let response: RegisterPublicKeyCredential = serde_json::from_str(response).ok()?;
        if is_embedded(&response.response.client_data_json) {
            return None;
        }
        let credential = self.0.finish_passkey_registration(&response, &state).ok()?;
        Some((PasskeyId::of(credential.cred_id()), json(&credential)))
    }

    /// Starts an authentication with any discoverable passkey.
    pub(crate) fn authenticate(&self, now: Timestamp) -> Option<Ceremony> {
        let (options, state) = self.0.start_discoverable_authentication().ok()?;
        Some(Ceremony { options: json(&options.public_key), state: json(&(now.as_second(), state)) })
    }

    /// Verifies the response to a challenge. Returns the updated credential to store, or `None` if the response is invalid.
    pub(crate) fn authenticated(
        &self,
        state: &str,
        response: &str,
        passkey: &Passkey,
        now: Timestamp,
    ) -> Option<String> {
        let state: DiscoverableAuthentication = open(state, now)?;
        let response: PublicKeyCredential = serde_json::from_str(response).ok()?;
        if is_embedded(&response.response.client_data_json)
            || response.get_user_unique_id() != Some(user_handle(&passkey.user_id).as_slice())
        {
            return None;
        }
        let mut credential = credential(passkey)?;
        let result = self.0.finish_discoverable_authentication_v2(&response, state, &credential).ok()?;
        credential.update_credential(&result)?;
        Some(json(&credential))
    }
}

/// `true` if the page that used the passkey was in a frame of another site (WebAuthn §5.8.1). Our pages forbid frames, so
/// another page used it, and the user may have seen only the site around it (SR-24).
fn is_embedded(client_data: &[u8]) -> bool {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct FrameOfPage {
        #[serde(default)]
        cross_origin: bool,
        top_origin: Option<String>,
    }
    let read = serde_json::from_slice::<FrameOfPage>(client_data);
    read.map_or(true, |frame| frame.cross_origin || frame.top_origin.is_some())
}

/// The id of the passkey that a response claims to be from. It is not verified.
pub(crate) fn passkey_of(response: &str) -> Option<PasskeyId> {
    let response: PublicKeyCredential = serde_json::from_str(response).ok()?;
    Some(PasskeyId::of(response.get_credential_id()))
}

fn credential(passkey: &Passkey) -> Option<Credential> {
    serde_json::from_str(&passkey.credential).ok()
}

/// Deserialises the state of a ceremony, unless it has expired.
fn open<S: DeserializeOwned>(state: &str, now: Timestamp) -> Option<S> {
    let (started_at, state): (i64, S) = serde_json::from_str(state).ok()?;
    (now.duration_since(Timestamp::from_second(started_at).ok()?) < CHALLENGE_LIFETIME).then_some(state)
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain data")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SR-24
    #[test]
    fn passkey_used_in_a_frame_is_recognised() {
        for (client_data, embedded) in [
            (r#"{"type":"webauthn.get","origin":"http://localhost:3000"}"#, false),
            (r#"{"type":"webauthn.get","crossOrigin":false}"#, false),
            (r#"{"type":"webauthn.get","crossOrigin":true}"#, true),
            (r#"{"crossOrigin":false,"topOrigin":"https://evil.example"}"#, true),
            (r#"{"crossOrigin":false,"crossOrigin":true}"#, true),
            (r#"{"crossOrigin":"true"}"#, true),
            ("", true),
        ] {
            assert_eq!(is_embedded(client_data.as_bytes()), embedded, "{client_data}");
        }
    }
}
