use super::*;

fn uri(text: &str) -> RedirectUri {
    text.parse().expect(text)
}

/// T-01
#[test]
fn only_http_on_loopback_ignores_the_port() {
    assert!(uri("http://localhost/cb").matches(&uri("http://localhost:6274/cb")));
    assert!(!uri("https://localhost/cb").matches(&uri("https://localhost:6274/cb")));
    assert!(!uri("https://claude.ai/cb").matches(&uri("https://claude.ai:8443/cb")));
}

#[test]
fn uri_of_2048_bytes_is_the_longest() {
    let of_length = |length: usize| format!("https://claude.ai/{}", "x".repeat(length - 18));
    assert_eq!(uri(&of_length(2048)).to_string(), of_length(2048));
    assert!(of_length(2049).parse::<RedirectUri>().is_err());
}

/// AS-06
#[test]
fn uris_of_known_clients_are_accepted() {
    for text in [
        "https://claude.ai/api/mcp/auth_callback",
        "https://claude.com/api/mcp/auth_callback",
        "https://chatgpt.com/connector_platform_oauth_redirect",
        "https://chatgpt.com/connector/oauth/abc_DEF-123",
        "http://localhost/callback",
        "http://localhost:6274/oauth/callback",
        "http://127.0.0.1/callback",
        "http://127.0.0.1:33418/",
        "http://127.0.0.1:33418",
        "http://[::1]:8080/callback",
        "cursor://anysphere.cursor-mcp/oauth/callback",
        "vscode://vscode.github-authentication/did-authenticate",
        "com.example.app:/oauth",
        "com.raycast:/oauth?package_name=x",
        "https://vscode.dev/redirect",
        "https://example.org/cb?fixed=1",
    ] {
        assert!(text.parse::<RedirectUri>().is_ok(), "{text}: {:?}", text.parse::<RedirectUri>());
    }
}

/// TO-03
#[test]
fn any_spelling_is_stored_as_written_and_shown_as_followed() {
    for (text, shown) in [
        ("warp://mcp/oauth2callback", "warp://mcp/oauth2callback"),
        ("raycast://oauth?package_name=Memory", "raycast://oauth?package_name=Memory"),
        ("kiro://kiro.kiroAgent/mcp", "kiro://kiro.kiroAgent/mcp"),
        ("goose://auth", "goose://auth"),
        ("lmstudio://mcp/callback", "lmstudio://mcp/callback"),
        ("jetbrains://idea/mcp/oauth", "jetbrains://idea/mcp/oauth"),
        ("Zed://callback/A%2fB", "zed://callback/A%2fB"),
        ("trae:/callback", "trae:/callback"),
        ("myapp:callback", "myapp:callback"),
        ("HTTPS://EXAMPLE.org/Cb", "https://example.org/Cb"),
        ("https://example.org:443/cb", "https://example.org/cb"),
        ("https://example.org/a%2Fb%c3%A4", "https://example.org/a%2Fb%c3%A4"),
        ("https://example.org/a/../cb", "https://example.org/cb"),
        ("https://bücher.example/zurück", "https://xn--bcher-kva.example/zur%C3%BCck"),
        ("https://xn--bcher-kva.example/cb", "https://xn--bcher-kva.example/cb"),
        ("https://claude.ai%2eevil.example/cb", "https://claude.ai.evil.example/cb"),
        ("http://LOCALHOST:1/cb", "http://localhost:1/cb"),
    ] {
        let stored = uri(text);
        assert_eq!((stored.as_str(), stored.shown().as_str()), (text, shown));
        assert_eq!(stored.around_host().concat(), shown);
        assert!(stored.matches(&uri(text)));
        assert_eq!(stored.with_query([]).trim_end_matches('?'), shown);
        let json = serde_json::to_string(&stored).expect("text");
        assert_eq!(serde_json::from_str::<RedirectUri>(&json).expect("stored"), stored);
    }
}

/// TO-03
#[test]
fn app_is_told_from_websites() {
    for (text, is_app) in
        [("warp://mcp", true), ("com.raycast:/oauth", true), ("HTTPS://a.example/", false), ("http://[::1]/", false)]
    {
        assert_eq!(uri(text).is_app(), is_app, "{text}");
    }
}

/// T-07
#[test]
fn hostile_uris_are_rejected() {
    for text in [
        "",
        "/relative",
        "//evil.example",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "vbscript:x",
        "blob:https://claude.ai/x",
        "about:blank",
        "ftp://example.org/",
        "http://example.org/cb",
        "http://192.168.0.1/cb",
        "http://127.0.0.2/cb",
        "http://localhost.evil.example/cb",
        "http://2130706433/cb",
        "http://0x7f.1/cb",
        "https://user@example.org/cb",
        "https://claude.ai@evil.example/cb",
        "https://user:pass@example.org/cb",
        "https://example.org/cb#fragment",
        "https://example.org/cb#",
        "https://*.example.org/cb",
        "https://example.org/*",
        "https://example.org\\@evil.example/cb",
        "https:\\\\evil.example",
        "https:/example.org/cb",
        "https:example.org/cb",
        "https:///example.org/cb",
        "http:localhost/cb",
        "http://ｌocalhost/cb",
        "http://[0:0:0:0:0:0:0:1]/cb",
        "http://local%68ost/cb",
        "https://:443/cb",
        "https://example.org:0x50/cb",
        "https://bücher\u{2003}.example/cb",
        "intent://callback#Intent;scheme=x;end",
        "ms-msdt:/id",
        "web+memory:callback",
        "c:/windows",
        "chrome-extension://abc/cb",
        "x://user:secret@host/cb",
        "https://example.org/cb\n",
        "https://exam\tple.org/cb",
        " https://example.org/cb",
        "https://example.org./cb",
        "cursor::\\evil.example/cb",
        "cursor:a b",
        "com.example.app:/cb\"><script>",
        "https://",
    ] {
        assert!(text.parse::<RedirectUri>().is_err(), "{text:?} was accepted");
    }
}

/// AS-06
#[test]
fn matching_is_exact_except_for_the_loopback_port() {
    for (registered, requested, same) in [
        ("https://claude.ai/cb", "https://claude.ai/cb", true),
        ("https://claude.ai/cb", "https://claude.ai/cb/", false),
        ("https://claude.ai/cb", "https://claude.ai/cb?x=1", false),
        ("https://claude.ai/cb", "https://claude.ai:8443/cb", false),
        ("https://claude.ai/cb", "https://claude.com/cb", false),
        ("http://localhost/callback", "http://localhost:53682/callback", true),
        ("http://localhost:1/callback", "http://localhost:53682/callback", true),
        ("http://localhost:1/callback", "http://localhost/callback", true),
        ("http://127.0.0.1/callback", "http://127.0.0.1:9/callback", true),
        ("http://[::1]/callback", "http://[::1]:9/callback", true),
        ("http://127.0.0.1:33418/", "http://127.0.0.1:9", true),
        ("http://localhost/callback", "http://127.0.0.1:9/callback", false),
        ("http://localhost/callback", "http://localhost:9/other", false),
        ("http://localhost/callback", "http://localhost:9/Callback", false),
        ("http://localhost/callback", "http://localhost:9/x/../callback", false),
        ("http://localhost/a%2fb", "http://localhost:9/a%2Fb", false),
        ("http://localhost/callback", "http://LOCALHOST:9/callback", false),
        ("http://localhost?x=1", "http://localhost:9?x=1", true),
        ("https://example.org/cb", "https://example.org:443/cb", false),
        ("https://example.org/cb", "https://EXAMPLE.org/cb", false),
        ("https://example.org/%c3%a4", "https://example.org/%C3%A4", false),
        ("warp://mcp/callback", "Warp://mcp/callback", false),
        ("cursor://anysphere.cursor-mcp/oauth/callback", "cursor://anysphere.cursor-mcp/oauth/callback", true),
        ("cursor://anysphere.cursor-mcp/oauth/callback", "cursor://other/oauth/callback", false),
    ] {
        assert_eq!(uri(registered).matches(&uri(requested)), same, "{registered} {requested}");
    }
}

#[test]
fn parameters_are_appended_to_the_query() {
    let uri = uri("https://example.org/cb?fixed=1");
    assert_eq!(
        uri.with_query([("code", "a b"), ("state", "x&y=ü")]),
        "https://example.org/cb?fixed=1&code=a+b&state=x%26y%3D%C3%BC"
    );
}

/// SR-06
#[test]
fn whole_uri_is_shown_around_its_host() {
    for (text, parts) in [
        ("https://a.example/cb?x=claude.ai", ["https://", "a.example", "/cb?x=claude.ai"]),
        ("https://a.example:8443", ["https://", "a.example", ":8443/"]),
        ("http://[::1]:9/cb", ["http://", "[::1]", ":9/cb"]),
        ("cursor://claude.ai/cb", ["", "cursor:", "//claude.ai/cb"]),
    ] {
        assert_eq!(uri(text).around_host(), parts);
    }
}

#[test]
fn host_is_the_host_or_the_scheme() {
    for (text, host) in
        [("https://claude.ai/cb", "claude.ai"), ("http://localhost:1/cb", "localhost"), ("cursor://a/b", "cursor:")]
    {
        assert_eq!(uri(text).host(), host);
    }
}
