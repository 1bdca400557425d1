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

/// Prompts for confirmation on standard error. Only `y` and `yes` confirm. `None` if the input ends without an answer.
pub(crate) fn confirm(question: impl Display) -> io::Result<Option<bool>> {
    let mut out = io::stderr();
    write!(out, "{question} [y/N] ")?;
    out.flush()?;
    let mut answer = String::new();
    if io::stdin().lock().read_line(&mut answer)? == 0 {
        writeln!(out)?;
        return Ok(None);
    }
    Ok(Some(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")))
}
