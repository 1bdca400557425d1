//! `jean user show`, `disable`, `enable`, `sign-out`, `unlock` and `owner`.

use std::path::Path;

use crate::process::{Server, directory, get, jean, refusal, success, text};

/// A command on a data directory.
fn on(data: &Path, arguments: &[&str]) -> std::process::Command {
    jean(&[arguments, &["--data", text(data)]].concat())
}

/// A data directory with an owner and another user.
fn with_users() -> tempfile::TempDir {
    let data = directory();
    Server::serve(data.path()).end();
    success(&mut on(data.path(), &["user", "add", "ada@example.org", "--owner"]));
    success(&mut on(data.path(), &["user", "add", "bob@example.org"]));
    data
}

/// SR-33
#[test]
fn user_is_disabled_shown_and_enabled() {
    let data = with_users();
    let run = |arguments: &[&str]| success(&mut on(data.path(), arguments));
    run(&["key", "create", "bob@example.org", "--name", "laptop"]);
    let shown = run(&["user", "show", "bob@example.org"]);
    assert!(shown.contains("bob@example.org  enabled, since 20") && shown.contains("API keys: 1"), "{shown}");
    assert!(
        shown.contains("Sign-in: no password, 0 passkeys") && shown.contains("API key \"laptop\" created"),
        "{shown}"
    );

    let disabled = run(&["user", "disable", "bob@example.org"]);
    assert!(disabled.contains("Disabled bob@example.org: 0 sessions ended, 0 apps disconnected, 1 API keys revoked"));
    assert!(run(&["user", "list"]).contains("bob@example.org  (no password yet)  (disabled)"));
    let shown = run(&["user", "show", "bob@example.org"]);
    assert!(shown.contains("  disabled, since") && shown.contains("  account disabled"), "{shown}");
    for refused in [&["key", "create", "bob@example.org", "--name", "x"][..], &["user", "password", "bob@example.org"]]
    {
        let said = refusal(&mut on(data.path(), refused));
        assert!(said.contains("is disabled; enable it first: jean user enable bob@example.org"), "{said}");
    }
    assert!(run(&["user", "enable", "bob@example.org"]).starts_with("Enabled bob@example.org."));
    assert!(run(&["user", "show", "bob@example.org"]).contains("API keys: 0"));
    run(&["user", "password", "bob@example.org"]);
}

/// SR-33
#[test]
fn sign_out_ends_keys_and_links() {
    let data = directory();
    let server = Server::serve(data.path());
    let run = |arguments: &[&str]| success(&mut on(data.path(), arguments));
    let added = run(&["user", "add", "bob@example.org"]);
    let link = added.lines().last().expect("a link");
    let path = link.strip_prefix(&format!("http://localhost:{}", server.port())).expect("leads to the server");
    assert!(get(server.port(), path).starts_with("HTTP/1.1 200"));
    run(&["key", "create", "bob@example.org", "--name", "laptop"]);
    let signed_out = run(&["user", "sign-out", "bob@example.org"]);
    assert!(
        signed_out.contains("Signed out bob@example.org: 0 sessions ended, 0 apps disconnected, 1 API keys revoked")
    );
    assert!(get(server.port(), path).starts_with("HTTP/1.1 404"));
    server.end();
}

/// SR-10
#[test]
fn lock_is_lifted() {
    let data = with_users();
    let run = |arguments: &[&str]| success(&mut on(data.path(), arguments));
    assert!(run(&["user", "unlock", "bob@example.org"]).starts_with("Lifted the sign-in lock of bob@example.org."));
    assert!(run(&["user", "show", "bob@example.org"]).contains("  sign-in lock lifted"));
    assert!(refusal(&mut on(data.path(), &["user", "unlock", "none@example.org"])).contains("no user with"));
}

/// SR-32
#[test]
fn last_owner_stays() {
    let data = with_users();
    let run = |arguments: &[&str]| success(&mut on(data.path(), arguments));
    assert!(run(&["user", "list"]).contains("ada@example.org  (no password yet)  (owner)"));
    for action in [&["user", "owner", "ada@example.org", "--remove"][..], &["user", "disable", "ada@example.org"]] {
        let said = refusal(&mut on(data.path(), action));
        assert!(said.contains("ada@example.org is the only owner; make another user an owner first"), "{said}");
    }
    assert!(run(&["user", "owner", "bob@example.org"]).contains("bob@example.org is an owner now"));
    assert!(run(&["user", "show", "bob@example.org"]).contains("  enabled, owner, since"));
    assert!(run(&["user", "owner", "ada@example.org", "--remove"]).contains("no longer an owner"));
    assert!(!run(&["user", "list"]).contains("ada@example.org  (no password yet)  (owner)"));
    assert!(refusal(&mut on(data.path(), &["user", "owner", "none@example.org"])).contains("no user with"));
}
