//! An OAuth client: registration, authorization requests, codes and tokens.

use base64::{Engine as _, engine::general_purpose};
use http::Method;
use jean_auth::user::User;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{Answer, Browser, TestServer, answer::TokenPair, server::EMAIL, user::CALLBACK};

/// A PKCE verifier and its challenge (RFC 7636).
pub struct Pkce {
    /// The `code_verifier`.
    pub verifier: String,
    /// The `code_challenge`.
    pub challenge: String,
}

impl Pkce {
    /// A verifier and challenge derived from `seed`.
    pub fn new(seed: u8) -> Self {
        let verifier = general_purpose::URL_SAFE_NO_PAD.encode([seed; 32]);
        let challenge = general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
        Self { verifier, challenge }
    }
}

impl TestServer {
    /// Registers a public client and returns its id.
    pub async fn register(&self, client_name: &str) -> String {
        let body = json!({
            "client_name": client_name,
            "redirect_uris": [CALLBACK, "https://claude.com/api/mcp/auth_callback"],
            "token_endpoint_auth_method": "none",
        });
        self.post_json("/oauth/register", &body).await.json()["client_id"].as_str().expect("an id").into()
    }

    /// Registers a public client with one redirect URI and returns its id.
    pub async fn register_at(&self, client_name: &str, redirect_uri: &str) -> String {
        let body = json!({"client_name": client_name, "redirect_uris": [redirect_uri]});
        self.post_json("/oauth/register", &body).await.json()["client_id"].as_str().expect("an id").into()
    }

    /// Registers a confidential client and returns its id and secret.
    pub async fn register_confidential(&self) -> (String, String) {
        let body = json!({"client_name": "Claude", "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "client_secret_post"});
        let answer = self.post_json("/oauth/register", &body).await.json();
        let member = |name: &str| answer[name].as_str().expect("text").to_owned();
        (member("client_id"), member("client_secret"))
    }

    /// The path of an authorization request to [`CALLBACK`].
    pub fn authorize_path(&self, client_id: &str, pkce: &Pkce, state: &str) -> String {
        self.authorize_path_to(CALLBACK, client_id, pkce, state)
    }

    /// The path of an authorization request to `callback`.
    pub fn authorize_path_to(&self, callback: &str, client_id: &str, pkce: &Pkce, state: &str) -> String {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", client_id)
            .append_pair("redirect_uri", callback)
            .append_pair("code_challenge", &pkce.challenge)
            .append_pair("code_challenge_method", "S256")
            .append_pair("state", state)
            .finish();
        format!("/oauth/authorize?{query}")
    }

    /// The form of a code exchange.
    pub fn exchange_body<'a>(&self, client_id: &'a str, code: &'a str, pkce: &'a Pkce) -> Vec<(&'static str, &'a str)> {
        vec![
            ("grant_type", "authorization_code"),
            ("client_id", client_id),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", &pkce.verifier),
        ]
    }

    /// Exchanges a code.
    pub async fn exchange(&self, client_id: &str, code: &str, pkce: &Pkce) -> Answer {
        self.post_form("/oauth/token", &self.exchange_body(client_id, code, pkce)).await
    }

    /// Exchanges a code as a confidential client, with its secret in the body or in the `Authorization` header.
    pub async fn exchange_with_secret(
        &self,
        client_id: &str,
        code: &str,
        pkce: &Pkce,
        secret: Option<&str>,
        in_header: bool,
    ) -> Answer {
        let mut body = self.exchange_body(client_id, code, pkce);
        if !in_header {
            body.extend(secret.map(|secret| ("client_secret", secret)));
            return self.post_form("/oauth/token", &body).await;
        }
        body.retain(|(name, _)| *name != "client_id");
        let credentials = format!("{client_id}:{}", secret.unwrap_or_default());
        let basic = format!("Basic {}", general_purpose::STANDARD.encode(credentials));
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(body).finish();
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("authorization", basic.as_str())];
        self.send(Method::POST, "/oauth/token", &headers, &body).await
    }

    /// Uses a refresh token.
    pub async fn refresh(&self, client_id: &str, refresh_token: &str) -> Answer {
        let body = [("grant_type", "refresh_token"), ("client_id", client_id), ("refresh_token", refresh_token)];
        self.post_form("/oauth/token", &body).await
    }

    /// Revokes a token.
    pub async fn revoke(&self, client_id: &str, token: &str) -> Answer {
        self.post_form("/oauth/revoke", &[("client_id", client_id), ("token", token)]).await
    }

    /// Signs the owner in for an authorization request of a new client. Returns the browser and the path of the request,
    /// which now shows the consent page.
    pub async fn at_consent(&self) -> (Browser, String) {
        let client_id = self.register("Claude").await;
        let authorize = self.authorize_path(&client_id, &Pkce::new(1), "xyz");
        let mut browser = Browser::default();
        let sign_in = browser.open(self, &authorize).await;
        browser.submit(self, &sign_in.form("/oauth/sign-in"), &self.credentials()).await;
        (browser, authorize)
    }

    /// Registers a client and issues a code to it.
    pub async fn code(&self) -> (String, String, Pkce) {
        let client_id = self.register("Claude").await;
        let pkce = Pkce::new(1);
        let code = self.approve(&mut Browser::default(), &self.authorize_path(&client_id, &pkce, "s")).await;
        (client_id, code, pkce)
    }

    /// Connects a new client with this name and redirect URI as the owner.
    pub async fn connect_at(&self, client_name: &str, callback: &str) -> TokenPair {
        let client_id = self.register_at(client_name, callback).await;
        let pkce = Pkce::new(7);
        let authorize = self.authorize_path_to(callback, &client_id, &pkce, "s");
        let allowed = self.allow(&mut Browser::default(), &authorize).await;
        let code = &allowed.redirect_parameters(callback)["code"];
        let mut body = self.exchange_body(&client_id, code, &pkce);
        body.retain(|(name, _)| *name != "redirect_uri");
        self.post_form("/oauth/token", &body).await.tokens(&client_id)
    }

    /// Connects a new client as the owner.
    pub async fn connect(&self) -> TokenPair {
        self.connect_with(&self.register("Claude").await).await
    }

    /// Connects a registered client as the owner.
    pub async fn connect_with(&self, client_id: &str) -> TokenPair {
        self.connected(client_id, EMAIL, None).await
    }

    /// Connects a new client with a `scope` parameter.
    pub async fn connect_for(&self, scope: &str) -> TokenPair {
        self.connected(&self.register("Claude").await, EMAIL, Some(scope)).await
    }

    /// Connects a new client as another user.
    pub async fn connect_as(&self, user: &User) -> TokenPair {
        self.connected(&self.register("Claude").await, user.email.as_str(), None).await
    }

    async fn connected(&self, client_id: &str, email: &str, scope: Option<&str>) -> TokenPair {
        let pkce = Pkce::new(1);
        let mut authorize = self.authorize_path(client_id, &pkce, "s");
        if let Some(scope) = scope {
            authorize = url::form_urlencoded::Serializer::new(authorize).append_pair("scope", scope).finish();
        }
        let code = self.approve_as(&mut Browser::default(), &authorize, email).await;
        self.exchange(client_id, &code, &pkce).await.tokens(client_id)
    }
}
