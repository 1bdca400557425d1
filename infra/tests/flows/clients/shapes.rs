//! Known clients, and the requests they send.

use serde_json::{Value, json};

/// Client authentication at the token endpoint.
#[derive(Clone, Copy)]
pub(super) enum Proof {
    Nothing,
    InBody,
    InHeader,
}

/// The first message on the MCP endpoint.
#[derive(Clone, Copy)]
pub(super) enum Opening {
    /// The `initialize` handshake of revisions up to 2025-11-25.
    Initialize,
    /// Stateless requests, from revision 2026-07-28 on.
    Discover,
}

/// The requests that a client sends.
pub(super) struct Shape {
    pub(super) registration: Value,
    /// `redirect_uri` of the authorization request.
    pub(super) redirect_uri: &'static str,
    /// Further parameters of the authorization request.
    pub(super) request: &'static [(&'static str, &'static str)],
    /// Path of the `resource` parameter.
    pub(super) resource: &'static str,
    pub(super) proof: Proof,
    pub(super) opening: Opening,
    /// Origin of a client that runs in a browser.
    pub(super) origin: Option<&'static str>,
}

pub(super) const ALL_SCOPES: &str = "memory:read memory:write offline_access";

pub(super) fn claude() -> Shape {
    Shape {
        registration: json!({
            "client_name": "Claude",
            "redirect_uris": ["https://claude.ai/api/mcp/auth_callback"],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "client_secret_post",
            "scope": ALL_SCOPES,
        }),
        redirect_uri: "https://claude.ai/api/mcp/auth_callback",
        request: &[("scope", ALL_SCOPES)],
        resource: "/mcp",
        proof: Proof::InBody,
        opening: Opening::Discover,
        origin: None,
    }
}

pub(super) fn claude_code() -> Shape {
    Shape {
        registration: json!({
            "client_name": "Claude Code (memory)",
            "redirect_uris": ["http://localhost/callback", "http://127.0.0.1/callback"],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        }),
        redirect_uri: "http://localhost:53682/callback",
        request: &[("scope", ALL_SCOPES)],
        resource: "/mcp",
        proof: Proof::Nothing,
        opening: Opening::Initialize,
        origin: None,
    }
}

pub(super) fn chatgpt() -> Shape {
    Shape {
        registration: json!({
            "client_name": "ChatGPT",
            "redirect_uris": [
                "https://chatgpt.com/connector_platform_oauth_redirect",
                "https://chatgpt.com/connector/oauth/Zr8_kQ-x2",
            ],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
        }),
        redirect_uri: "https://chatgpt.com/connector_platform_oauth_redirect",
        request: &[("scope", "memory:read memory:write")],
        resource: "/mcp",
        proof: Proof::Nothing,
        opening: Opening::Initialize,
        origin: None,
    }
}

pub(super) fn cursor() -> Shape {
    Shape {
        registration: json!({
            "client_name": "Cursor",
            "redirect_uris": [
                "cursor://anysphere.cursor-mcp/oauth/callback",
                "https://www.cursor.com/agents/mcp/oauth/callback",
                "http://localhost:8787/callback",
            ],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        }),
        redirect_uri: "cursor://anysphere.cursor-mcp/oauth/callback",
        request: &[("scope", "memory:read memory:write")],
        resource: "/mcp/",
        proof: Proof::Nothing,
        opening: Opening::Initialize,
        origin: None,
    }
}

pub(super) fn vs_code() -> Shape {
    Shape {
        registration: json!({
            "client_name": "Visual Studio Code",
            "client_uri": "https://code.visualstudio.com",
            "redirect_uris": ["https://vscode.dev/redirect", "http://127.0.0.1/", "http://127.0.0.1:33418/"],
            "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            "application_type": "native",
        }),
        redirect_uri: "http://127.0.0.1:33418/",
        request: &[("scope", ALL_SCOPES), ("prompt", "select_account")],
        resource: "/mcp",
        proof: Proof::Nothing,
        opening: Opening::Initialize,
        origin: None,
    }
}

pub(super) fn inspector() -> Shape {
    Shape {
        registration: json!({
            "client_name": "MCP Inspector",
            "client_uri": "https://github.com/modelcontextprotocol/inspector",
            "redirect_uris": ["http://localhost:6274/oauth/callback"],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            "scope": "memory:read memory:write",
        }),
        redirect_uri: "http://localhost:6274/oauth/callback",
        request: &[("scope", "memory:read memory:write")],
        resource: "/mcp",
        proof: Proof::Nothing,
        opening: Opening::Initialize,
        origin: Some("http://localhost:6274"),
    }
}

/// A confidential client, as server applications on an SDK are.
pub(super) fn sdk() -> Shape {
    Shape {
        registration: json!({
            "client_name": "My application",
            "redirect_uris": ["http://localhost:8090/callback"],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "client_secret_basic",
            "scope": ALL_SCOPES,
        }),
        redirect_uri: "http://localhost:8090/callback",
        request: &[("scope", ALL_SCOPES), ("prompt", "consent")],
        resource: "/mcp",
        proof: Proof::InHeader,
        opening: Opening::Discover,
        origin: None,
    }
}
