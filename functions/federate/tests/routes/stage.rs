//! A server with identity providers, and the way through one of them.

use jean_testing::{
    Answer, Browser, TestServer,
    identity_provider::{Fault, ProviderAccount},
};
use serde_json::{Value, json};

/// A provider that opens sign-up.
pub(crate) const OPEN: &str = "https://open.example";
/// A provider that does not.
pub(crate) const CLOSED: &str = "https://closed.example/realms/home";

/// The setting with both providers, of which the first one has further fields.
pub(crate) fn providers(with: &Value) -> String {
    let mut open = json!({"id": "open", "label": "Open ID", "issuer": OPEN, "client_id": "c1", "sign_up": "open"});
    open.as_object_mut().expect("an object").extend(with.as_object().expect("an object").clone());
    json!([open, {"id": "closed", "label": "Closed & Co", "issuer": CLOSED, "client_id": "c2"}]).to_string()
}

/// The client secrets of both.
pub(crate) const SECRETS: &str = r#"{"open": "secret of c1", "closed": "secret of c2"}"#;

/// A server with its owner and both providers.
pub(crate) async fn server() -> TestServer {
    started(
        TestServer::with_all(&[("IdentityProviders", &providers(&json!({}))), ("IdentitySecretsJson", SECRETS)]).await,
    )
}

/// A server without users, with further fields of the first provider and further parameters.
pub(crate) async fn empty(with: &Value, others: &[(&str, &str)]) -> TestServer {
    let providers = providers(with);
    let own = [("IdentityProviders", &*providers), ("IdentitySecretsJson", SECRETS)];
    let all: Vec<_> = own.into_iter().chain(others.iter().copied()).collect();
    started(TestServer::empty_with_all(&all).await)
}

fn started(server: TestServer) -> TestServer {
    for issuer in [OPEN, CLOSED] {
        server.identities.start(issuer, server.now().as_second());
    }
    server
}

/// Clicks the button of a provider on a page and returns the redirect to the provider.
pub(crate) async fn click(server: &TestServer, browser: &mut Browser, page: &Answer, provider: &str) -> Answer {
    browser.submit(server, &page.form("/federate"), &[("provider", provider)]).await
}

/// The URL of a provider, from the sign-in page of the account.
pub(crate) async fn to_provider(server: &TestServer, browser: &mut Browser, provider: &str) -> String {
    let page = browser.open(server, "/account/sign-in").await;
    click(server, browser, &page, provider).await.location().to_owned()
}

/// Signs in at a provider and returns the response to its answer.
pub(crate) async fn sign_in(
    server: &TestServer,
    browser: &mut Browser,
    provider: &str,
    account: &ProviderAccount,
) -> Answer {
    let url = to_provider(server, browser, provider).await;
    let answer = server.identities.sign_in(&url, account);
    browser.open(server, server.path(&answer)).await
}

/// Signs in at the first provider while it has a fault.
pub(crate) async fn sign_in_with(server: &TestServer, fault: Fault) -> Answer {
    let mut browser = Browser::default();
    let url = to_provider(server, &mut browser, "open").await;
    server.identities.fails(OPEN, Some(fault));
    let answer = server.identities.sign_in(&url, &ada());
    browser.open(server, server.path(&answer)).await
}

pub(crate) fn ada() -> ProviderAccount {
    ProviderAccount::new("ada-1", "ada@example.com")
}

/// The address of the signed-in user, or `None`.
pub(crate) async fn signed_in(server: &TestServer, browser: &mut Browser) -> Option<String> {
    let page = browser.open(server, "/account/security").await;
    let text = page.text();
    let email = text.split("<strong><bdi>").nth(1).and_then(|rest| rest.split('<').next());
    email.map(Into::into).filter(|_| page.status == 200)
}

/// Opens the page of linked accounts and submits its form.
pub(crate) async fn change(server: &TestServer, browser: &mut Browser, typed: &[(&str, &str)]) -> Answer {
    let page = browser.open(server, "/account/identities").await;
    browser.submit(server, &page.form("/account/identities"), typed).await
}

/// Links the account of a provider, and returns the response to its answer.
pub(crate) async fn link(
    server: &TestServer,
    browser: &mut Browser,
    provider: &str,
    account: &ProviderAccount,
) -> Answer {
    let asked = change(server, browser, &[("link", provider)]).await;
    let answer = server.identities.sign_in(asked.location(), account);
    browser.open(server, server.path(&answer)).await
}
