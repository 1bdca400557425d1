//! Terminal output and prompts. A closed output pipe, e.g. of `head`, is not an error.

use std::{
    fmt::Display,
    io::{self, BufRead, IsTerminal, Write},
};

/// Prints a line.
pub(crate) fn print(line: impl Display) {
    let _ = writeln!(io::stdout(), "{}", without_controls(line));
}

/// Prints the error that ends the command to stderr.
pub(crate) fn print_error(reason: impl Display) {
    let _ = writeln!(io::stderr(), "jean: {}", without_controls(reason));
}

/// The text without control characters, with which a name of a file, a client or a server could rewrite the terminal.
pub(crate) fn without_controls(text: impl Display) -> String {
    let is_harmless = |character: char| !character.is_control() || ['\n', '\t'].contains(&character);
    text.to_string()
        .chars()
        .map(|character| if is_harmless(character) { character } else { char::REPLACEMENT_CHARACTER })
        .collect()
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

#[cfg(test)]
mod tests {
    use super::without_controls;

    /// T-25
    #[test]
    fn printed_text_cannot_control_the_terminal() {
        for (text, printed) in [
            ("zip: \u{1b}]0;owned\u{7}name.md", "zip: \u{fffd}]0;owned\u{fffd}name.md"),
            ("\u{9b}2J\rover", "\u{fffd}2J\u{fffd}over"),
            ("one\n\ttwo", "one\n\ttwo"),
        ] {
            assert_eq!(without_controls(text), printed);
        }
    }
}
