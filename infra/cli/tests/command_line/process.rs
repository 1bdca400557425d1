//! The binary as a child process.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, ChildStdout, Command, Output, Stdio},
};

use tempfile::TempDir;

/// Runs the binary with an empty environment.
pub(crate) fn jean(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jean"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

pub(crate) fn directory() -> TempDir {
    tempfile::tempdir().expect("a directory")
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("a path of letters")
}

pub(crate) fn refusal(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().expect("runs");
    let stderr = String::from_utf8(stderr).expect("text");
    assert_eq!(status.code(), Some(1), "{stderr}");
    assert_eq!(String::from_utf8_lossy(&stdout), "");
    assert_eq!(stderr.trim_end().lines().count(), 1, "{stderr}");
    stderr
}

pub(crate) fn success(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().expect("runs");
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).expect("text")
}

/// A running server process.
pub(crate) struct Server {
    process: Child,
    output: BufReader<ChildStdout>,
    pub(crate) greeting: String,
}

impl Server {
    pub(crate) fn start(command: &mut Command, last_line: &str) -> Self {
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().expect("starts");
        let mut output = BufReader::new(process.stdout.take().expect("is piped"));
        let mut greeting = String::new();
        while !greeting.contains(last_line) {
            assert_ne!(output.read_line(&mut greeting).expect("reads"), 0, "it ended: {greeting}");
        }
        Self { process, output, greeting }
    }

    pub(crate) fn serve(data: &Path) -> Self {
        Self::serve_with(data, &[])
    }

    /// Serves without a request to the web.
    pub(crate) fn serve_with(data: &Path, options: &[&str]) -> Self {
        let arguments = ["serve", "--port", "0", "--client-metadata-documents", "off", "--data", text(data)];
        Self::start(&mut jean(&[&arguments, options].concat()), "Data directory:")
    }

    pub(crate) fn port(&self) -> u16 {
        let (_, after) = self.greeting.split_once("http://localhost:").expect("a URL");
        let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().expect("a port")
    }

    /// Sends SIGTERM and returns the output after the greeting.
    pub(crate) fn end(mut self) -> String {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("runs").success());
        assert_eq!(self.process.wait().expect("ends").code(), Some(0));
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).expect("reads");
        rest
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(crate) fn exchange(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("connects");
    stream.write_all(request.as_bytes()).expect("writes");
    let mut response = String::new();
    stream.read_to_string(&mut response).expect("reads");
    response
}

pub(crate) fn get(port: u16, path: &str) -> String {
    exchange(port, &format!("GET {path} HTTP/1.1\r\nhost: localhost:{port}\r\nconnection: close\r\n\r\n"))
}
