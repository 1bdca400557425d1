use super::*;
use crate::client::AuthenticationMethod;

const GOOD: &str = "response_type=code&client_id=claude_abc123&redirect_uri=https%3A%2F%2Fclaude.ai%2Fcb&state=s\
    &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&scope=memory:read\
    &resource=https%3A%2F%2Fmemory.example%2Fmcp";

fn public_url() -> PublicUrl {
    "https://memory.example".parse().expect("valid")
}

fn client(redirect_uris: &[&str]) -> Client {
    Client {
        client_id: "claude_abc123".parse().expect("valid"),
        short_name: "claude".parse().expect("valid"),
        client_name: "Claude".into(),
        redirect_uris: redirect_uris.iter().map(|uri| uri.parse().expect("valid")).collect(),
        token_endpoint_auth_method: AuthenticationMethod::None,
        client_secret: None,
        must_ask_to_stay: false,
        created_at: Timestamp::UNIX_EPOCH,
        expires_at: Timestamp::UNIX_EPOCH,
    }
}

fn parameters(query: &str) -> Parameters {
    Parameters::from_form(query.as_bytes()).expect("unique")
}

fn with(changes: &str) -> Parameters {
    let names: Vec<_> = changes.split('&').filter_map(|pair| pair.split('=').next()).collect();
    parameters(&format!("{}&{changes}", parameters(GOOD).query_without(&names)))
}

fn refusal(changes: &str) -> ErrorCode {
    AuthorizationRequest::read(&with(changes), &client(&[]), &public_url()).expect_err(changes).code
}

#[test]
fn valid_request_is_parsed() {
    let request = AuthorizationRequest::read(&parameters(GOOD), &client(&[]), &public_url()).expect("good");
    assert_eq!(request.scopes.to_string(), "memory:read");
    assert_eq!(request.prompt, Prompt::AsNeeded);
}

/// T-01, AS-07
#[test]
fn unregistered_redirect_uri_is_unanswerable() {
    let two = client(&["https://claude.ai/cb", "https://claude.com/cb"]);
    for (query, why) in [
        ("redirect_uri=https://evil.example/cb", UnanswerableRequest::UnregisteredRedirectUri),
        ("redirect_uri=javascript:alert(1)", UnanswerableRequest::UnregisteredRedirectUri),
        ("redirect_uri=https://claude.ai/cb/../../evil", UnanswerableRequest::UnregisteredRedirectUri),
        ("", UnanswerableRequest::NoRedirectUri),
    ] {
        assert_eq!(Destination::validate(&parameters(query), &two).expect_err(query), why);
    }
    assert!(Destination::validate(&parameters(""), &client(&["https://claude.ai/cb"])).is_ok());
}

/// AS-01, T-02
#[test]
fn pkce_with_s256_is_required() {
    for changes in [
        "code_challenge=",
        "code_challenge_method=",
        "code_challenge_method=plain",
        "code_challenge_method=s256",
        "code_challenge=short",
        "code_challenge=&code_challenge_method=",
    ] {
        assert_eq!(refusal(changes), ErrorCode::InvalidRequest, "{changes}");
    }
}

#[test]
fn each_invalid_parameter_has_its_error_code() {
    for (changes, code) in [
        ("response_type=token", ErrorCode::UnsupportedResponseType),
        ("response_type=", ErrorCode::InvalidRequest),
        ("resource=https://evil.example/mcp", ErrorCode::InvalidTarget),
        ("prompt=none login", ErrorCode::InvalidRequest),
        ("max_age=soon", ErrorCode::InvalidRequest),
        ("response_mode=form_post", ErrorCode::InvalidRequest),
        ("response_mode=fragment", ErrorCode::InvalidRequest),
        ("response_mode=query.jwt", ErrorCode::InvalidRequest),
    ] {
        assert_eq!(refusal(changes), code, "{changes}");
    }
}

/// TO-01
///
/// Codex sends `resource` twice.
#[test]
fn repeated_resource_is_valid_if_every_value_is_ours() {
    let read = |changes: &str| {
        let (parameters, fault) = parse_query(format!("{GOOD}&{changes}").as_bytes()).expect("answerable");
        fault
            .and_then(|()| AuthorizationRequest::read(&parameters, &client(&[]), &public_url()))
            .map_err(|error| error.code)
    };
    for ours in
        ["resource=https://memory.example/mcp", "resource=https://memory.example", "resource=", "resource=&resource="]
    {
        assert!(read(ours).is_ok(), "{ours}");
    }
    for other in ["resource=https://evil.example/mcp", "resource=&resource=https://evil.example", "resource=null"] {
        assert_eq!(read(other), Err(ErrorCode::InvalidTarget), "{other}");
    }
}

/// TO-04
#[test]
fn query_is_the_only_response_mode() {
    for mode in ["response_mode=query", "response_mode="] {
        assert!(AuthorizationRequest::read(&with(mode), &client(&[]), &public_url()).is_ok(), "{mode}");
    }
}

/// TO-04
///
/// RFC 6749 §3.3 lets a server process such a request with its default scopes.
#[test]
fn unknown_scopes_alone_request_the_default() {
    for scope in ["scope=openid", "scope=openid profile email", "scope=MEMORY:READ", "scope=", "scope= "] {
        let request = AuthorizationRequest::read(&with(scope), &client(&[]), &public_url()).expect(scope);
        assert_eq!(request.scopes, Scopes::all(), "{scope}");
    }
}

/// T-12, AS-07
#[test]
fn repeated_parameter_is_redirected_unless_it_names_the_destination() {
    let parse = |changes: &str| parse_query(format!("{GOOD}&{changes}").as_bytes());
    assert_eq!(parse("client_id=claude_abc123").expect_err("repeated"), UnanswerableRequest::NoClient);
    assert_eq!(parse("redirect_uri=https://claude.ai/cb").expect_err("repeated"), UnanswerableRequest::NoRedirectUri);
    let (parameters, fault) = parse("state=t&unknown=1&unknown=2").expect("answerable");
    assert_eq!(fault.expect_err("repeated").code, ErrorCode::InvalidRequest);
    let destination = Destination::validate(&parameters, &client(&["https://claude.ai/cb"])).expect("registered");
    let error = destination.with_error(&OAuthError::new(ErrorCode::AccessDenied, "No."), &public_url());
    assert!(!error.location.contains("state"));
    assert_eq!(parse("unknown=1").expect("unique").1, Ok(()));
}

/// AS-20
#[test]
fn unknown_parameters_are_ignored() {
    for changes in
        ["prompt=consent", "prompt=select_account", "login_hint=ada", "max_age=3600", "audience=x", "nonce=y"]
    {
        assert!(AuthorizationRequest::read(&with(changes), &client(&[]), &public_url()).is_ok(), "{changes}");
    }
}

/// AS-08
#[test]
fn redirects_carry_state_and_iss() {
    let destination = Destination::validate(&parameters(GOOD), &client(&["https://claude.ai/cb"])).expect("registered");
    let error = OAuthError::new(ErrorCode::AccessDenied, "No.");
    assert_eq!(
        destination.with_error(&error, &public_url()).location,
        "https://claude.ai/cb?error=access_denied&error_description=No.&state=s&iss=https%3A%2F%2Fmemory.example"
    );
    let code = AuthorizationCode::new([0; 32]);
    assert_eq!(
        destination.with_code(&code, &public_url()),
        format!("https://claude.ai/cb?code={}&state=s&iss=https%3A%2F%2Fmemory.example", *code.expose())
    );
}

/// SR-07
#[test]
fn anonymous_browser_is_redirected_to_known_addresses_only() {
    for (uri, is_redirected) in [
        ("https://claude.ai/api/mcp/auth_callback", true),
        ("http://127.0.0.1:33418/cb", true),
        ("https://evil.example/phishing", false),
        ("https://claude.ai/cb", false),
        ("cursor://anysphere.cursor-deeplink/mcp/install?config=x", false),
    ] {
        let destination = Destination::validate(&parameters(""), &client(&[uri])).expect("registered");
        let error = || destination.with_error(&OAuthError::new(ErrorCode::InvalidScope, "No."), &public_url());
        assert_eq!(matches!(error().for_anonymous(), ErrorDelivery::Redirect(_)), is_redirected, "{uri}");
        assert!(error().for_user().starts_with(uri), "{uri}");
    }
}

/// T-25
#[test]
fn overlong_state_is_rejected() {
    let state = |length| format!("state={}", "x".repeat(length));
    assert_eq!(refusal(&state(4097)), ErrorCode::InvalidRequest);
    assert!(AuthorizationRequest::read(&with(&state(4096)), &client(&[]), &public_url()).is_ok());
}

#[test]
fn overlong_login_hint_is_ignored() {
    let hint = |length| {
        let hint = format!("login_hint={}", "x".repeat(length));
        AuthorizationRequest::read(&with(&hint), &client(&[]), &public_url()).expect("good").login_hint
    };
    assert_eq!(hint(254).map(|hint| hint.len()), Some(254));
    assert_eq!(hint(255), None);
}

#[test]
fn prompt_none_and_login_are_parsed() {
    let prompt =
        |changes| AuthorizationRequest::read(&with(changes), &client(&[]), &public_url()).expect("good").prompt;
    assert_eq!(prompt("prompt=none"), Prompt::Nothing);
    assert_eq!(prompt("prompt=login consent"), Prompt::Login);
}

#[test]
fn max_age_and_prompt_login_need_a_recent_sign_in() {
    let now = Timestamp::from_second(10_000).expect("in range");
    let then = Timestamp::from_second(9_000).expect("in range");
    let read = |changes| AuthorizationRequest::read(&with(changes), &client(&[]), &public_url()).expect("good");
    assert!(read("max_age=1000").accepts_sign_in(then, now));
    assert!(!read("max_age=999").accepts_sign_in(then, now));
    assert!(!read("prompt=login").accepts_sign_in(now, now));
}
