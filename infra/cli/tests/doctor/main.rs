//! `jean doctor` against a healthy server and against servers with known faults.

mod command_line;
mod faults;
mod server;
mod tls;

use jean_cli::doctor::Status;

use crate::server::{Fault, Server};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn healthy_server_has_no_findings() {
    let server = Server::start(Fault::none()).await;
    let report = server.examine().await;
    let problems: Vec<_> = report.findings.iter().filter(|finding| finding.status != Status::Ok).collect();
    assert!(problems.is_empty(), "{problems:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn examination_revokes_its_grant() {
    let server = Server::start(Fault::none()).await;
    server.examine().await;
    assert_eq!(server.grants().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checks_skipped_without_an_account_name_the_option() {
    let server = Server::start(Fault::none()).await;
    let report = server.examine_as(None).await;
    assert_eq!(report.count(Status::Fail) + report.count(Status::Warn), 0, "{:#?}", report.findings);
    let skipped: Vec<_> = report.findings.iter().filter(|finding| finding.status == Status::Skipped).collect();
    for stage in ["sign-in.", "exchange.", "mcp.", "refresh."] {
        assert!(skipped.iter().any(|finding| finding.check.starts_with(stage)), "{stage}");
    }
    for finding in skipped.iter().filter(|finding| !finding.check.starts_with("timing.")) {
        assert!(finding.fix.as_deref().is_some_and(|fix| fix.contains("--email")), "{finding:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_password_is_distinguished_from_a_server_fault() {
    let server = Server::start(Fault::none()).await;
    let report = server.examine_as(Some("another password")).await;
    let failed: Vec<_> = report.findings.iter().filter(|finding| finding.status == Status::Fail).collect();
    assert_eq!(failed.iter().map(|finding| finding.check).collect::<Vec<_>>(), ["sign-in.password"]);
    assert!(failed[0].fix.as_deref().is_some_and(|fix| fix.contains("JEAN_DOCTOR_PASSWORD")));
    assert!(!format!("{:?}", report).contains("another password"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_path_is_answered_with_the_right_url() {
    let server = Server::start(Fault::none()).await;
    let unreachable = server::examine(&format!("{}/wrong", server.url), None, None).await.expect_err("nothing there");
    assert!(unreachable.to_string().ends_with(&format!("did you mean {}/mcp?", server.url)), "{unreachable}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_web_server_has_no_report() {
    let other_server = Fault::new(|_, answer| {
        faults::is_html(answer, 404);
        answer.drop("www-authenticate");
    });
    let server = Server::start(other_server).await;
    let unreachable = server::examine(&server.url, None, None).await.expect_err("another server");
    assert!(unreachable.to_string().contains("/mcp is not a memory server: POST /mcp answers 404"), "{unreachable}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn https_url_of_an_http_server_names_the_scheme() {
    let server = Server::start(Fault::none()).await;
    let url = server.url.replace("http:", "https:");
    let unreachable = server::examine(&url, None, None).await.expect_err("no TLS");
    assert!(unreachable.to_string().contains("speaks http, not https"), "{unreachable}");
}

#[tokio::test]
async fn unreachable_server_has_no_report() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = closed.local_addr().expect("an address").port();
    drop(closed);
    let unreachable = server::examine(&format!("http://localhost:{port}"), None, None).await.expect_err("nothing");
    assert!(unreachable.to_string().contains("cannot be reached: no connection"), "{unreachable}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn control_characters_of_a_server_are_removed() {
    let server = Server::start(Fault::new(|asked, answer| {
        if asked.query.contains("mcp-oauth-client-metadata") {
            answer.status = http::StatusCode::BAD_REQUEST;
            answer.body = "<h1>\u{1b}]0;owned\u{7}Hello</h1>".into();
        }
    }));
    let report = server.await.examine_as(None).await;
    let quoting = report.findings.iter().find(|finding| finding.observed.contains("Hello")).expect("a quotation");
    assert!(!quoting.observed.contains(['\u{1b}', '\u{7}']), "{quoting:?}");
}
