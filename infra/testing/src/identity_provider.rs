//! Fake OpenID Connect providers and a fake GitHub at the network edge. The former sign with real keys. Accounts sign in at
//! once.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use jean_auth::identity_provider::GITHUB;
use jean_cli::functions::ProviderWeb;
use jean_public_web::FetchError;
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

/// The identity providers of one test, by issuer. Clones are the same ones.
#[derive(Clone, Default)]
pub struct IdentityWeb(Arc<Mutex<BTreeMap<String, FakeProvider>>>);

type FormFields = BTreeMap<String, String>;

/// A fault of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing answers.
    Down,
    /// No answer arrives.
    Silent,
    /// No answer arrives from the key set.
    SilentKeys,
    /// Every response is larger than the limit.
    Oversized,
    /// The token endpoint answers with an error.
    RefusesCode,
    /// The id token has another nonce.
    WrongNonce,
    /// The id token has no nonce.
    NoNonce,
    /// The id token is for another client.
    WrongAudience,
    /// The id token is for this client and another one.
    MoreAudiences,
    /// The id token was issued to another client.
    WrongParty,
    /// The id token is of another issuer.
    WrongIssuer,
    /// The id token expired two minutes ago.
    Expired,
    /// The id token is not signed.
    Unsigned,
    /// The id token is signed with HS256 and the public key.
    SignedWithPublicKey,
    /// The id token is signed with a key that the provider does not publish, under a published id.
    OtherKey,
    /// The id token is signed with a key that the provider never publishes.
    UnknownKey,
    /// The metadata names another issuer.
    OtherMetadata,
}

/// An account at a provider.
#[derive(Debug, Clone)]
pub struct ProviderAccount {
    /// The claims beside those of the protocol.
    pub claims: Value,
}

impl ProviderAccount {
    /// An account with a verified address.
    pub fn new(subject: &str, email: &str) -> Self {
        Self { claims: json!({"sub": subject, "email": email, "email_verified": true}) }
    }

    /// The account with another claim.
    #[must_use]
    pub fn with(mut self, name: &str, claim: Value) -> Self {
        self.claims[name] = claim;
        self
    }

    fn access_token(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.claims.to_string())
    }
}

struct FakeProvider {
    key: SigningKey,
    /// Request and account of each issued code, `provider-code-0` first; `None` once it is redeemed.
    codes: Vec<Option<(FormFields, ProviderAccount)>>,
    fault: Option<Fault>,
    /// `true` if claims of the user are at the userinfo endpoint only.
    has_userinfo: bool,
    requests: Vec<String>,
    /// The requests and the bodies of their responses that were not taken yet.
    exchanges: Vec<(Request<String>, String)>,
    now: i64,
}

struct SigningKey {
    id: String,
    pair: EcdsaKeyPair,
}

impl SigningKey {
    fn new(id: &str) -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("generated");
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).expect("its own");
        Self { id: id.into(), pair }
    }

    fn jwk(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
        json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.id, "x": x, "y": y})
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let signed = unsigned(header, claims);
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes()).expect("signs");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn unsigned(header: &Value, claims: &Value) -> String {
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    format!("{header}.{claims}")
}

impl IdentityWeb {
    /// The providers as functions/federate reaches them.
    pub fn web(&self) -> ProviderWeb {
        let providers = self.clone();
        ProviderWeb::new(move |request| {
            let providers = providers.clone();
            async move {
                match providers.answer(&request) {
                    Some(answered) => answered,
                    None => std::future::pending().await,
                }
            }
        })
    }

    /// Starts a provider.
    pub fn start(&self, issuer: &str, now: i64) {
        let key = SigningKey::new("key-1");
        let provider = FakeProvider {
            key,
            codes: vec![],
            fault: None,
            has_userinfo: false,
            requests: vec![],
            exchanges: vec![],
            now,
        };
        self.0.lock().expect("not poisoned").insert(issuer.into(), provider);
    }

    /// Makes a provider fail.
    pub fn fails(&self, issuer: &str, fault: Option<Fault>) {
        self.at(issuer, |provider| provider.fault = fault);
    }

    /// Replaces the key of a provider.
    pub fn rotate_key(&self, issuer: &str) {
        self.at(issuer, |provider| provider.key = SigningKey::new("key-2"));
    }

    /// Moves the address from the id token to the userinfo endpoint.
    pub fn use_userinfo(&self, issuer: &str) {
        self.at(issuer, |provider| provider.has_userinfo = true);
    }

    /// Sets the clock of a provider, in epoch seconds.
    pub fn set_clock(&self, issuer: &str, now: i64) {
        self.at(issuer, |provider| provider.now = now);
    }

    /// The paths of the requests to a provider so far.
    pub fn requests(&self, issuer: &str) -> Vec<String> {
        self.at(issuer, |provider| provider.requests.clone())
    }

    /// Takes the requests to all providers, and the bodies of their responses, since the previous call.
    pub(crate) fn take_exchanges(&self) -> Vec<(Request<String>, String)> {
        let mut providers = self.0.lock().expect("not poisoned");
        providers.values_mut().flat_map(|provider| std::mem::take(&mut provider.exchanges)).collect()
    }

    /// Signs an account in at the URL to which the browser was redirected. Returns the URL to which the provider redirects it.
    pub fn sign_in(&self, url: &str, account: &ProviderAccount) -> String {
        let (issuer, request) = read(url);
        if issuer == GITHUB {
            assert_eq!(request["scope"], "read:user user:email", "{url}");
        } else {
            assert_eq!((&*request["response_type"], &*request["scope"]), ("code", "openid email"), "{url}");
        }
        assert_eq!(request["code_challenge_method"], "S256");
        let code = self.at(&issuer, |provider| {
            let code = format!("provider-code-{}", provider.codes.len());
            provider.codes.push(Some((request.clone(), account.clone())));
            code
        });
        answer(&issuer, &request, &[("code", &code)])
    }

    /// Returns the URL to which the provider redirects a user who cancels, or another error.
    pub fn refuse(&self, url: &str, error: &str) -> String {
        let (issuer, request) = read(url);
        answer(&issuer, &request, &[("error", error)])
    }

    fn at<T>(&self, issuer: &str, change: impl FnOnce(&mut FakeProvider) -> T) -> T {
        let mut providers = self.0.lock().expect("not poisoned");
        change(providers.get_mut(issuer).unwrap_or_else(|| panic!("no provider {issuer}")))
    }

    fn answer(&self, request: &Request<Bytes>) -> Option<Result<Response<Bytes>, FetchError>> {
        let url = request.uri().to_string().replace("https://api.github.com", &format!("{GITHUB}/api"));
        let mut providers = self.0.lock().expect("not poisoned");
        let found = providers.iter_mut().find_map(|(issuer, provider)| {
            let path = url.strip_prefix(issuer.as_str())?;
            Some((issuer.clone(), path.to_owned(), provider))
        });
        let Some((issuer, path, provider)) = found else { return Some(Err(FetchError::TimedOut)) };
        provider.requests.push(path.clone());
        match provider.fault {
            Some(Fault::Down) => return Some(Err(FetchError::TimedOut)),
            Some(Fault::Silent) => return None,
            Some(Fault::SilentKeys) if path == "/keys" => return None,
            Some(Fault::Oversized) => return Some(Ok(json_response(&json!({"x": "x".repeat(70_000)})))),
            _ => {}
        }
        let response = match path.as_str() {
            "/.well-known/openid-configuration" => json_response(&provider.metadata(&issuer)),
            "/keys" => json_response(&json!({"keys": [provider.key.jwk()]})),
            "/token" => provider.token(&issuer, request),
            "/userinfo" => json_response(&bearer(request)),
            "/access_token" => provider.github_token(request),
            "/api/user" => json_response(&json!({"id": bearer(request)["sub"], "login": "anyone"})),
            "/api/user/emails" => github_addresses(request),
            other => panic!("unexpected request of {other}"),
        };
        let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
        provider.exchanges.push((request.clone().map(|body| text(&body)), text(response.body())));
        Some(Ok(response))
    }
}

impl FakeProvider {
    fn metadata(&self, issuer: &str) -> Value {
        let named = if self.fault == Some(Fault::OtherMetadata) { "https://elsewhere.example" } else { issuer };
        json!({
            "issuer": named,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "userinfo_endpoint": format!("{issuer}/userinfo"),
            "jwks_uri": format!("{issuer}/keys"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256", "none", "HS256"],
            "authorization_response_iss_parameter_supported": true,
        })
    }

    /// Redeems a code for the client that it was issued to, with its redirect URI and verifier.
    fn token(&mut self, issuer: &str, request: &Request<Bytes>) -> Response<Bytes> {
        if self.fault == Some(Fault::RefusesCode) {
            let mut refused = json_response(&json!({"error": "invalid_grant"}));
            *refused.status_mut() = StatusCode::BAD_REQUEST;
            return refused;
        }
        let (_, asked, account) = self.redeem(request);
        let client_id = &asked["client_id"];
        let secret = base64::engine::general_purpose::STANDARD.encode(format!("{client_id}:secret+of+{client_id}"));
        assert_eq!(request.headers()[header::AUTHORIZATION], format!("Basic {secret}"));
        let access_token = account.access_token();
        let id_token = self.id_token(issuer, client_id, &asked["nonce"], &account);
        json_response(&json!({"access_token": access_token, "token_type": "Bearer", "id_token": id_token}))
    }

    fn github_token(&mut self, request: &Request<Bytes>) -> Response<Bytes> {
        if self.fault == Some(Fault::RefusesCode) {
            return json_response(&json!({"error": "bad_verification_code"}));
        }
        let (form, asked, account) = self.redeem(request);
        let client_id = &asked["client_id"];
        assert_eq!((&form["client_id"], &form["client_secret"]), (client_id, &format!("secret of {client_id}")));
        json_response(&json!({"access_token": account.access_token(), "token_type": "bearer", "scope": "user:email"}))
    }

    /// Checks redirect URI and verifier of a code, and uses it up. Returns the form, the request and the account.
    fn redeem(&mut self, request: &Request<Bytes>) -> (FormFields, FormFields, ProviderAccount) {
        let form: FormFields = url::form_urlencoded::parse(request.body()).into_owned().collect();
        let number: usize =
            form["code"].strip_prefix("provider-code-").and_then(|number| number.parse().ok()).expect("a code");
        let (asked, account) = self.codes[number].take().expect("a code that was not redeemed");
        assert_eq!(form["redirect_uri"], asked["redirect_uri"]);
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
        assert_eq!(challenge, asked["code_challenge"]);
        (form, asked, account)
    }

    fn id_token(&self, issuer: &str, client_id: &str, nonce: &str, account: &ProviderAccount) -> String {
        let mut claims = account.claims.clone();
        if self.has_userinfo {
            claims = json!({"sub": claims["sub"]});
        }
        claims["iss"] = json!(issuer);
        claims["aud"] = json!(client_id);
        claims["nonce"] = json!(nonce);
        claims["iat"] = json!(self.now);
        claims["exp"] = json!(self.now + 300);
        let mut header = json!({"alg": "ES256", "kid": self.key.id, "typ": "JWT"});
        let mut key = &self.key;
        let other = SigningKey::new("key-9");
        match self.fault {
            Some(Fault::WrongNonce) => claims["nonce"] = json!("another"),
            Some(Fault::NoNonce) => drop(claims.as_object_mut().expect("an object").remove("nonce")),
            Some(Fault::WrongAudience) => claims["aud"] = json!("another"),
            Some(Fault::MoreAudiences) => claims["aud"] = json!([client_id, "another"]),
            Some(Fault::WrongParty) => claims["azp"] = json!("another"),
            Some(Fault::WrongIssuer) => claims["iss"] = json!("https://elsewhere.example"),
            Some(Fault::Expired) => claims["exp"] = json!(self.now - 120),
            Some(Fault::OtherKey) => key = &other,
            Some(Fault::UnknownKey) => {
                header["kid"] = json!(other.id);
                key = &other;
            }
            Some(Fault::Unsigned) => return unsigned(&json!({"alg": "none"}), &claims) + ".",
            Some(Fault::SignedWithPublicKey) => {
                let signed = unsigned(&json!({"alg": "HS256", "kid": self.key.id}), &claims);
                let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, self.key.pair.public_key().as_ref());
                return format!("{signed}.{}", URL_SAFE_NO_PAD.encode(ring::hmac::sign(&key, signed.as_bytes())));
            }
            _ => {}
        }
        key.sign(&header, &claims)
    }
}

/// The claims of the account that an access token is for.
fn bearer(request: &Request<Bytes>) -> Value {
    let token = request.headers()[header::AUTHORIZATION].to_str().expect("ascii");
    let claims = URL_SAFE_NO_PAD.decode(token.strip_prefix("Bearer ").expect("a token")).expect("base64url");
    serde_json::from_slice(&claims).expect("json")
}

fn github_addresses(request: &Request<Bytes>) -> Response<Bytes> {
    let claims = bearer(request);
    json_response(&json!([
        {"email": "second@example.com", "primary": false, "verified": true, "visibility": null},
        {"email": claims["email"], "primary": true, "verified": claims["email_verified"], "visibility": "private"},
    ]))
}

/// The issuer and the parameters of a request to a provider.
fn read(url: &str) -> (String, FormFields) {
    let parsed = Url::parse(url).expect("a URL");
    let issuer = url.split("/authorize").next().expect("a beginning").to_owned();
    (issuer, parsed.query_pairs().into_owned().collect())
}

fn answer(issuer: &str, request: &FormFields, own: &[(&str, &str)]) -> String {
    let mut url = Url::parse(&request["redirect_uri"]).expect("a URL");
    url.query_pairs_mut().append_pair("state", &request["state"]).append_pair("iss", issuer).extend_pairs(own);
    url.into()
}

fn json_response(body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    response
}
