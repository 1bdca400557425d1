//! Terminal output and prompts. A closed output pipe, e.g. of `head`, is not an error.

use std::{
    fmt::Display,
    io::{self, BufRead, Write},
};

/// Prints a line.
pub(crate) fn print(line: impl Display) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// Prints the error that ends the command to stderr.
pub(crate) fn print_error(reason: impl Display) {
    let _ = writeln!(io::stderr(), "jean: {reason}");
}

/// Prompts for confirmation. Only `y` and `yes` confirm.
pub(crate) fn confirm(question: impl Display) -> io::Result<bool> {
    let mut out = io::stdout();
    write!(out, "{question} [y/N] ")?;
    out.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
