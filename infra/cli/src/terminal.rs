//! Terminal output and prompts. A closed output pipe, e.g. of `head`, is not an error.

use std::{
    fmt::Display,
    io::{self, BufRead, IsTerminal, Write},
};

/// Prints a line.
pub(crate) fn print(line: impl Display) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// Prints the error that ends the command to stderr.
pub(crate) fn print_error(reason: impl Display) {
    let _ = writeln!(io::stderr(), "jean: {reason}");
}

/// Asks for confirmation, with a prompt on a terminal. Only `y` and `yes` confirm. `None` if the input ends without an answer.
pub(crate) fn confirm(question: impl Display) -> io::Result<Option<bool>> {
    let (input, mut out) = (io::stdin(), io::stderr());
    if input.is_terminal() {
        write!(out, "{question} [y/N] ")?;
        out.flush()?;
    }
    let mut answer = String::new();
    let read = input.lock().read_line(&mut answer)?;
    Ok((read > 0).then(|| matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")))
}
