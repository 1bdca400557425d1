//! `jean doctor` against a server that is well, and against one with each fault that people report.

mod command_line;
mod faults;
mod server;
mod tls;

use jean_cli::doctor::Status;

use crate::server::{Fault, Server};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_found_at_a_server_that_is_well() {
    let server = Server::start(Fault::none()).await;
    let report = server.examine().await;
    let troubles: Vec<_> = report.findings.iter().filter(|finding| finding.status != Status::Ok).collect();
    assert!(troubles.is_empty(), "{troubles:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_examination_leaves_no_connection_behind() {
    let server = Server::start(Fault::none()).await;
    server.examine().await;
    assert_eq!(server.grants().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_account_it_says_what_was_skipped_and_how_to_have_it_done() {
    let server = Server::start(Fault::none()).await;
    let report = server.examine_as(None).await;
    assert_eq!(report.count(Status::Fail) + report.count(Status::Warn), 0, "{:#?}", report.findings);
    let skipped: Vec<_> = report.findings.iter().filter(|finding| finding.status == Status::Skipped).collect();
    for stage in ["sign-in.", "exchange.", "mcp.", "refresh."] {
        assert!(skipped.iter().any(|finding| finding.check.starts_with(stage)), "{stage}");
    }
    for finding in skipped.iter().filter(|finding| !finding.check.starts_with("timing.")) {
        assert!(finding.mend.as_deref().is_some_and(|mend| mend.contains("--email")), "{finding:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_is_not_taken_is_told_from_a_server_that_is_ill() {
    let server = Server::start(Fault::none()).await;
    let report = server.examine_as(Some("another password")).await;
    let failed: Vec<_> = report.findings.iter().filter(|finding| finding.status == Status::Fail).collect();
    assert_eq!(failed.iter().map(|finding| finding.check).collect::<Vec<_>>(), ["sign-in.password"]);
    assert!(failed[0].mend.as_deref().is_some_and(|mend| mend.contains("JEAN_DOCTOR_PASSWORD")));
    assert!(!format!("{:?}", report).contains("another password"));
}

#[tokio::test]
async fn where_nothing_answers_there_is_no_report() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = closed.local_addr().expect("an address").port();
    drop(closed);
    let unreachable = server::examine(&format!("http://localhost:{port}"), None, None).await.expect_err("nothing");
    assert!(unreachable.to_string().contains("can't be reached: no connection"), "{unreachable}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_server_says_can_not_speak_to_the_terminal() {
    let server = Server::start(Fault::new(|asked, answer| {
        if asked.query.contains("mcp-oauth-client-metadata") {
            answer.status = http::StatusCode::BAD_REQUEST;
            answer.body = "<h1>\u{1b}]0;owned\u{7}Hello</h1>".into();
        }
    }));
    let report = server.await.examine_as(None).await;
    let quoting = report.findings.iter().find(|finding| finding.saw.contains("Hello")).expect("a quotation");
    assert!(!quoting.saw.contains(['\u{1b}', '\u{7}']), "{quoting:?}");
}
