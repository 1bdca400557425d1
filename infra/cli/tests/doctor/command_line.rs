//! `jean doctor` as a process: transcript, JSON and exit codes.

use std::process::{Output, Stdio};

use serde_json::Value;
use tokio::process::Command;

use crate::server::{EMAIL, Fault, PASSWORD, Server};

async fn doctor(url: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jean"));
    command.args(["doctor", url]).args(arguments).env_clear().env("JEAN_DOCTOR_PASSWORD", PASSWORD);
    command.stdin(Stdio::null()).output().await.expect("runs")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn healthy_server_has_a_short_report_and_exit_code_0() {
    let server = Server::start(Fault::none()).await;
    let Output { status, stdout, stderr } = doctor(&server.url, &["--email", EMAIL]).await;
    let text = String::from_utf8(stdout).expect("text");
    assert_eq!(status.code(), Some(0), "{text}");
    assert_eq!(String::from_utf8_lossy(&stderr), "", "no progress without a terminal");
    assert!(text.starts_with("Clients can connect to http://localhost:") && text.lines().count() == 4, "{text}");
    assert!(text.contains("a new sign-in from jean doctor"), "the notices in the account are explained: {text}");
    assert!(!text.contains('\u{1b}'), "no colours without a terminal");
    assert!(!text.contains(PASSWORD));

    let Output { stdout, .. } = doctor(&server.url, &["--email", EMAIL, "--verbose"]).await;
    let text = String::from_utf8(stdout).expect("text");
    assert!(text.starts_with("Clients can connect to") && text.contains("ok      challenge.header"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn json_has_every_finding_and_failure_is_exit_code_1() {
    let server = Server::start(Fault::new(|_, answer| answer.drop("access-control-expose-headers"))).await;
    let Output { status, stdout, .. } = doctor(&server.url, &["--json"]).await;
    assert_eq!(status.code(), Some(1));
    let report: Value = serde_json::from_slice(&stdout).expect("one object");
    assert_eq!(report["url"], format!("{}/mcp", server.url));
    assert_eq!(report["doctor_version"], env!("CARGO_PKG_VERSION"));
    let findings = report["findings"].as_array().expect("a list");
    let failed: Vec<_> = findings.iter().filter(|finding| finding["status"] == "fail").collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert_eq!(failed[0]["check"], "cors.exposed");
    assert!(failed[0]["observed"].is_string() && failed[0]["fix"].is_string());
    assert!(findings.iter().any(|finding| finding["status"] == "skipped" && finding["check"] == "sign-in.page"));
}

#[tokio::test]
async fn unreachable_or_invalid_url_is_exit_code_2() {
    // Nothing listens on port 9.
    let Output { status, stdout, stderr } = doctor("http://127.0.0.1:9", &["--json"]).await;
    assert_eq!(status.code(), Some(2));
    let report: Value = serde_json::from_slice(&stdout).expect("one object");
    assert!(report["unreachable"].as_str().is_some_and(|reason| reason.contains("cannot be reached")), "{report}");
    assert!(String::from_utf8_lossy(&stderr).starts_with("jean: http://127.0.0.1:9/mcp cannot be reached"));
    for url in ["memory.example.com", "ftp://memory.example.com", "https://memory.example.com/mcp?x=1"] {
        assert_eq!(doctor(url, &[]).await.status.code(), Some(2), "{url}");
    }
}

#[tokio::test]
async fn missing_password_without_a_terminal_is_an_error() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jean"));
    command.args(["doctor", "http://127.0.0.1:9", "--email", EMAIL]).env_clear().stdin(Stdio::null());
    let Output { status, stderr, .. } = command.output().await.expect("runs");
    assert_eq!(status.code(), Some(2));
    assert!(String::from_utf8_lossy(&stderr).contains("JEAN_DOCTOR_PASSWORD"));
}
