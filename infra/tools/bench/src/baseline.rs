//! The baseline ranker: bm25s, an established BM25 implementation in Python.
//!
//! Runs `baseline.py` in a virtual environment in the build folder.

use std::{
    error::Error,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::json;

/// Python with bm25s installed.
pub(crate) struct Python(PathBuf);

/// A running `baseline.py`.
pub(crate) struct Baseline {
    process: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Python {
    /// Creates the virtual environment if it does not exist. Needs `python3`, and a package index the first time.
    pub(crate) fn prepared() -> Result<Self, Box<dyn Error>> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let program = std::env::current_exe()?;
        let directory = program.parent().ok_or("the program has no parent folder")?.join("bench-python");
        let python = directory.join("bin/python");
        if !python.exists() {
            run(Command::new("python3").args(["-m", "venv"]).arg(&directory))?;
        }
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
        run(Command::new(&python).args(install).arg(here.join("requirements.txt")))?;
        Ok(Self(python))
    }

    /// Starts a ranker, optionally with stemming and stop words.
    pub(crate) fn baseline(&self, stemmed: bool) -> Result<Baseline, Box<dyn Error>> {
        let mut command = Command::new(&self.0);
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("baseline.py")).args(stemmed.then_some("--stemmed"));
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (to, from) = process.stdin.take().zip(process.stdout.take()).ok_or("the baseline has no pipes")?;
        Ok(Baseline { process, to, from: BufReader::new(from) })
    }
}

impl Baseline {
    /// Returns the positions of the best documents for each query.
    pub(crate) fn rank(&mut self, documents: &[String], queries: &[&str]) -> Result<Vec<Vec<usize>>, Box<dyn Error>> {
        writeln!(self.to, "{}", json!({ "documents": documents, "queries": queries }))?;
        let mut line = String::new();
        self.from.read_line(&mut line)?;
        Ok(serde_json::from_str(&line)?)
    }
}

/// Terminates the process, which would otherwise wait for the end of its input.
impl Drop for Baseline {
    fn drop(&mut self) {
        // It has no state to lose, and may have exited already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn run(command: &mut Command) -> Result<(), Box<dyn Error>> {
    if command.status()?.success() { Ok(()) } else { Err(format!("{command:?} failed").into()) }
}
