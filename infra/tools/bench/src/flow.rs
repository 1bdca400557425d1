//! The requests of a client and its user from registration to revocation, and the values they take from responses.
//!
//! Transport is left to the caller: HTTP to a local server, or Lambda events.

use std::{collections::BTreeMap, error::Error};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{Method, Request, Response, StatusCode, header};
use jean_cli::form::{self, HtmlForm};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The redirect URI of the client.
const CALLBACK: &str = "https://claude.ai/api/mcp/auth_callback";
/// The password of all accounts.
pub(crate) const PASSWORD: &str = "correct horse battery staple";
/// A PKCE verifier of 43 characters, the minimum (RFC 7636 §4.1).
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// The cookies of a user's browser.
#[derive(Debug, Clone, Default)]
pub(crate) struct BrowserSession {
    cookies: BTreeMap<String, String>,
}

/// The tokens of a connected client.
#[derive(Debug, Clone)]
pub(crate) struct FlowTokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl BrowserSession {
    /// The request for a page.
    pub(crate) fn get(&self, path: &str) -> Result<Request<String>, Box<dyn Error>> {
        Ok(Request::get(path).header(header::COOKIE, self.cookie_header()).body(String::new())?)
    }

    /// The request that submits a form.
    pub(crate) fn post(
        &self,
        form: &HtmlForm,
        typed: &[(&str, &str)],
        button: &str,
    ) -> Result<Request<String>, Box<dyn Error>> {
        let mut request = form_request(&form.action, &form.filled(typed, form.button(button)))?;
        request.headers_mut().insert(header::COOKIE, self.cookie_header().parse()?);
        request.headers_mut().insert("sec-fetch-site", "same-origin".parse()?);
        Ok(request)
    }

    /// Stores the cookies of a response.
    pub(crate) fn keep(&mut self, answer: &Response<String>) -> Result<(), Box<dyn Error>> {
        for cookie in answer.headers().get_all(header::SET_COOKIE) {
            let pair = cookie.to_str()?.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').ok_or("a cookie without a value")?;
            self.cookies.insert(name.into(), value.into());
        }
        Ok(())
    }

    fn cookie_header(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }
}

/// The registration of a client (RFC 7591).
pub(crate) fn registration() -> Result<Request<String>, Box<dyn Error>> {
    let body = json!({
        "client_name": "Claude",
        "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "none",
    });
    json_request("/oauth/register", &body)
}

/// The id of a registered client.
pub(crate) fn client_id(answer: &Response<String>) -> Result<String, Box<dyn Error>> {
    expect(answer, StatusCode::CREATED)?;
    let registered: Value = serde_json::from_str(answer.body())?;
    Ok(registered["client_id"].as_str().ok_or("no client_id")?.into())
}

/// The authorization request.
pub(crate) fn authorization(client_id: &str) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("response_type", "code")
        .append_pair("client_id", client_id)
        .append_pair("redirect_uri", CALLBACK)
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256")
        .append_pair("state", "state")
        .finish();
    format!("/oauth/authorize?{query}")
}

/// The request that redeems a code.
pub(crate) fn exchange(client_id: &str, code: &str) -> Result<Request<String>, Box<dyn Error>> {
    let pairs = [
        ("grant_type", "authorization_code"),
        ("client_id", client_id),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    form_request("/oauth/token", &pairs)
}

/// The request that rotates a refresh token.
pub(crate) fn refresh(client_id: &str, token: &str) -> Result<Request<String>, Box<dyn Error>> {
    let pairs = [("grant_type", "refresh_token"), ("client_id", client_id), ("refresh_token", token)];
    form_request("/oauth/token", &pairs)
}

/// A revocation (RFC 7009).
pub(crate) fn revocation(client_id: &str, token: &str) -> Result<Request<String>, Box<dyn Error>> {
    form_request("/oauth/revoke", &[("client_id", client_id), ("token", token)])
}

/// A tool call.
pub(crate) fn tool_call(token: &str, tool: &str, arguments: &Value) -> Result<Request<String>, Box<dyn Error>> {
    let message = json!({
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": tool, "arguments": arguments},
    });
    let mut request = json_request("/mcp", &message)?;
    let headers = request.headers_mut();
    headers.insert(header::AUTHORIZATION, format!("Bearer {token}").parse()?);
    headers.insert(header::ACCEPT, "application/json, text/event-stream".parse()?);
    headers.insert("mcp-protocol-version", "2025-11-25".parse()?);
    Ok(request)
}

/// The code in the `Location` of a redirect.
pub(crate) fn code(answer: &Response<String>) -> Result<String, Box<dyn Error>> {
    let location = location(answer)?;
    let query = location.split_once('?').map_or("", |(_, query)| query);
    let code = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "code");
    Ok(code.ok_or_else(|| format!("no code: {location}"))?.1.into_owned())
}

/// The tokens of a response.
pub(crate) fn tokens(answer: &Response<String>) -> Result<FlowTokens, Box<dyn Error>> {
    expect(answer, StatusCode::OK)?;
    let answer: Value = serde_json::from_str(answer.body())?;
    let token = |name: &str| answer[name].as_str().map(Into::into).ok_or(format!("no {name}"));
    Ok(FlowTokens { access: token("access_token")?, refresh: token("refresh_token")? })
}

/// The first form of a page that satisfies a condition.
pub(crate) fn form(
    answer: &Response<String>,
    is_meant: impl FnMut(&&HtmlForm) -> bool,
) -> Result<HtmlForm, Box<dyn Error>> {
    expect(answer, StatusCode::OK)?;
    let forms = form::forms(answer.body());
    let found = forms.iter().find(is_meant);
    Ok(found.ok_or_else(|| format!("no such form: {}", form::text(answer.body())))?.clone())
}

/// The `Location` of a redirect.
pub(crate) fn location(answer: &Response<String>) -> Result<String, Box<dyn Error>> {
    expect(answer, StatusCode::FOUND)?;
    Ok(answer.headers().get(header::LOCATION).ok_or("no location")?.to_str()?.into())
}

/// The structured result of a tool call; an error if the tool reports one.
pub(crate) fn result(answer: &Response<String>) -> Result<Value, Box<dyn Error>> {
    expect(answer, StatusCode::OK)?;
    let answer: Value = serde_json::from_str(answer.body())?;
    if answer["result"].is_null() || answer["result"]["isError"] == true {
        return Err(answer.to_string().into());
    }
    Ok(answer["result"]["structuredContent"].clone())
}

/// Returns an error unless a response has the expected status.
pub(crate) fn expect(answer: &Response<String>, status: StatusCode) -> Result<(), Box<dyn Error>> {
    if answer.status() != status {
        return Err(format!("expected {status}, got {}: {}", answer.status(), answer.body()).into());
    }
    Ok(())
}

fn json_request(path: &str, body: &Value) -> Result<Request<String>, Box<dyn Error>> {
    let request = Request::builder().method(Method::POST).uri(path).header(header::CONTENT_TYPE, "application/json");
    Ok(request.body(body.to_string())?)
}

fn form_request<N: AsRef<str>, V: AsRef<str>>(path: &str, pairs: &[(N, V)]) -> Result<Request<String>, Box<dyn Error>> {
    let pairs = pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let request = Request::builder().method(Method::POST).uri(path);
    Ok(request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(body)?)
}
