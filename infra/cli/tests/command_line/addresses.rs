//! Addresses of a local server, its log and its secret (C1, C4 to C8 and C12 of the review).

use std::net::TcpListener;

use crate::process::{Server, directory, exchange, get, jean, refusal, success, text};

#[test]
fn port_in_use_is_named() {
    let other = TcpListener::bind("127.0.0.1:0").expect("binds");
    let port = other.local_addr().expect("an address").port().to_string();
    let said = refusal(&mut jean(&["serve", "--in-memory", "--port", &port]));
    assert!(said.contains(&format!("port {port} is in use")) && said.contains("--port"), "{said}");
}

#[test]
fn foreign_address_is_named() {
    let said = refusal(&mut jean(&["serve", "--in-memory", "--port", "0", "--listen", "203.0.113.7"]));
    assert!(said.contains("203.0.113.7 is not an address of this computer"), "{said}");
}

#[test]
fn second_server_on_a_directory_is_rejected() {
    let data = directory();
    let first = Server::serve(data.path());
    let said = refusal(&mut jean(&["serve", "--port", "0", "--data", text(data.path())]));
    assert!(said.contains("another server is running on") && said.contains("--data"), "{said}");
    first.end();
    Server::serve(data.path()).end();
}

#[test]
fn public_url_is_kept_for_later_starts_and_links() {
    let data = directory();
    let url = "https://memory.example.com";
    Server::serve_with(data.path(), &["--public-url", url]).end();
    let again = Server::serve(data.path());
    assert!(again.greeting.contains("https://memory.example.com/mcp\n"), "{}", again.greeting);
    assert!(again.greeting.contains("https://memory.example.com/account\n"), "{}", again.greeting);
    let added = success(&mut jean(&["user", "add", "ada@example.org", "--data", text(data.path())]));
    assert!(added.contains("\nhttps://memory.example.com/account/password?link="), "{added}");
    again.end();
    let local = Server::serve_with(data.path(), &["--local"]);
    assert!(local.greeting.contains("http://localhost:") && !local.greeting.contains(url), "{}", local.greeting);
    local.end();
    assert!(!Server::serve(data.path()).greeting.contains(url));
}

/// SR-19, T-10
#[test]
fn server_behind_a_tunnel_answers_to_its_public_host() {
    let data = directory();
    let options = ["--public-url", "https://memory.example.com", "--listen", "127.0.0.1", "--verbose"];
    let server = Server::serve_with(data.path(), &options);
    let port = server.port();
    let ask = |host: &str| {
        exchange(
            port,
            &format!("GET /.well-known/oauth-protected-resource HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"),
        )
    };
    for host in ["memory.example.com", "memory.example.com:443"] {
        let answer = ask(host);
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("https://memory.example.com/mcp"), "{answer}");
    }
    assert!(ask("evil.example").starts_with("HTTP/1.1 421"));
    assert!(server.end().contains("/.well-known/oauth-protected-resource"), "requests are logged");
}

/// C4
#[test]
fn signing_secret_of_the_environment_is_used_or_rejected() {
    let data = directory();
    let serve = |secret: &str| {
        let mut command = jean(&["serve", "--port", "0", "--data", text(data.path())]);
        command.args(["--client-metadata-documents", "off"]).env("JWT_SECRET_KEY", secret);
        command
    };
    for weak in ["short", "changeme-changeme-changeme-changeme-1"] {
        let said = refusal(&mut serve(weak));
        assert!(said.contains("cannot use JWT_SECRET_KEY") && said.contains("openssl rand"), "{said}");
    }
    Server::start(&mut serve("4uJ0s1W9q7Zk3mXv8bT2nC6yR5pL0dHa"), "Data directory:").end();
    assert!(!data.path().join("secret").exists(), "the variable's secret is not stored");
}

/// C1, C8
#[test]
fn terminal_shows_events_and_no_requests() {
    let data = directory();
    let server = Server::serve(data.path());
    let port = server.port();
    get(port, "/");
    let body = r#"{"redirect_uris":["http://127.0.0.1:9/callback"],"client_name":"Probe \u001b[2J"}"#;
    let registered = exchange(
        port,
        &format!(
            "POST /oauth/register HTTP/1.1\r\nhost: localhost:{port}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        ),
    );
    assert!(registered.starts_with("HTTP/1.1 201"), "{registered}");
    let log = server.end();
    assert_eq!(log.trim().lines().count(), 1, "{log}");
    assert!(log.contains("client registered  client_id=") && !log.contains('\u{1b}'), "{log}");
}

#[test]
fn completions_name_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = success(&mut jean(&["completions", shell]));
        assert!(script.contains("doctor") && script.contains("public-url"), "{shell}");
    }
}
