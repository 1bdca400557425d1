//! What a person reads. A reader that went away, as `head` does, is no error.

use std::{
    fmt::Display,
    io::{self, BufRead, Write},
};

/// Prints a line.
pub(crate) fn say(line: impl Display) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// Prints why the command ends.
pub(crate) fn complain(reason: impl Display) {
    let _ = writeln!(io::stderr(), "jean: {reason}");
}

/// Asks for a yes; anything else is a no.
pub(crate) fn agrees(question: impl Display) -> io::Result<bool> {
    let mut out = io::stdout();
    write!(out, "{question} [y/N] ")?;
    out.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
