//! An authenticator with one passkey, implemented by another WebAuthn library.

use async_trait::async_trait;
use passkey::{
    authenticator::{Authenticator, UiHint, UserCheck, UserValidationMethod},
    client::{Client, DefaultClientData, DefaultClientDataWithExtra},
    crypto::rust_crypto::RustCryptoBackend,
};
use passkey_types::{
    Passkey,
    ctap2::{Aaguid, Ctap2Error},
    webauthn::{CredentialCreationOptions, CredentialRequestOptions},
};
use serde_json::{Value, json};
use url::Url;

use crate::{
    Answer, Browser, PageForm, TestServer,
    account::{form_with, open_signed_in},
};

/// A user who confirms presence and identity at every prompt.
struct Agrees;

#[async_trait]
impl UserValidationMethod for Agrees {
    type PasskeyItem = Passkey;

    async fn check_user<'a>(&self, _: UiHint<'a, Passkey>, _: bool, _: bool) -> Result<UserCheck, Ctap2Error> {
        Ok(UserCheck { presence: true, verification: true })
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(true)
    }
}

/// A device that holds at most one passkey.
#[derive(Default)]
pub struct Device(Option<Passkey>);

impl Device {
    fn authenticator(&self) -> Authenticator<Option<Passkey>, Agrees, RustCryptoBackend> {
        let mut authenticator = Authenticator::new(Aaguid::new_empty(), self.0.clone(), Agrees, RustCryptoBackend);
        authenticator.set_make_credentials_with_signature_counter(true);
        authenticator
    }

    /// Creates a passkey for the options of a form.
    pub async fn make(&mut self, form: &PageForm) -> String {
        let options: CredentialCreationOptions = options(form);
        let mut client = Client::new(self.authenticator()).allows_insecure_localhost(true);
        let made = client.register(origin(), options, DefaultClientData).await.expect("makes one");
        self.0.clone_from(client.authenticator().store());
        serde_json::to_string(&made).expect("JSON")
    }

    /// Signs the challenge of a form.
    pub async fn sign(&mut self, form: &PageForm) -> String {
        self.sign_at(form, "http://localhost:3000").await
    }

    /// Signs the challenge of a form in a frame of a page of `top_origin`.
    pub async fn sign_in_frame(&mut self, form: &PageForm, top_origin: &str) -> String {
        #[derive(Clone, serde::Serialize)]
        #[serde(rename_all = "camelCase")]
        struct EmbeddedClientData {
            top_origin: String,
        }
        let options: CredentialRequestOptions = options(form);
        let frame = DefaultClientDataWithExtra(EmbeddedClientData { top_origin: top_origin.into() });
        let mut client = Client::new(self.authenticator()).allows_insecure_localhost(true);
        let signed = client.authenticate(origin(), options, frame).await.expect("signs");
        self.0.clone_from(client.authenticator().store());
        serde_json::to_string(&signed).expect("JSON")
    }

    /// Signs the challenge of a form on a page of `origin`.
    pub async fn sign_at(&mut self, form: &PageForm, origin: &str) -> String {
        let options: CredentialRequestOptions = options(form);
        let origin: Url = origin.parse().expect("a URL");
        let mut client = Client::new(self.authenticator()).allows_insecure_localhost(true);
        let signed = client.authenticate(origin, options, DefaultClientData).await.expect("signs");
        self.0.clone_from(client.authenticator().store());
        serde_json::to_string(&signed).expect("JSON")
    }
}

fn origin() -> Url {
    "http://localhost:3000".parse().expect("a URL")
}

fn options<T: serde::de::DeserializeOwned>(form: &PageForm) -> T {
    let options: Value = serde_json::from_str(form.options.as_deref().expect("options")).expect("JSON");
    serde_json::from_value(json!({ "publicKey": options })).expect("options")
}

/// Signs the owner in with the password and adds a passkey.
pub async fn make(server: &TestServer, device: &mut Device) -> Browser {
    let mut browser = Browser::default();
    let page = open_signed_in(server, &mut browser, "/account/passkeys").await;
    let form = form_with(&page, "seal");
    let credential = device.make(&form).await;
    for _ in 0..2 {
        let made = browser.submit(server, &form, &[("credential", &credential)]).await;
        assert_eq!(made.location(), "/account/passkeys");
    }
    browser
}

/// The form of the sign-in page that asks for a passkey.
pub fn asking(page: &Answer) -> PageForm {
    form_with(page, "seal")
}

/// Adds a passkey, signs in with it in another browser and removes it.
pub async fn make_and_remove(server: &TestServer) {
    let mut device = Device::default();
    let mut browser = make(server, &mut device).await;
    let mut other = Browser::default();
    let form = asking(&other.open(server, "/account/sign-in").await);
    let credential = device.sign(&form).await;
    other.submit(server, &form, &[("credential", &credential)]).await;
    let page = browser.open(server, "/account/passkeys").await;
    let id = id_of_first(&page);
    browser.submit(server, &page.forms()[0], &[("remove", &id)]).await;
}

/// The id of the first passkey on the page.
pub fn id_of_first(page: &Answer) -> String {
    let text = page.text();
    text[text.find("name=\"remove\" value=\"").expect("a button") + 21..][..43].into()
}
