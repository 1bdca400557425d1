//! The terminal.

/// Prints a line of results.
#[expect(clippy::print_stdout, reason = "a command line program prints its results")]
pub(crate) fn print(text: &str) {
    println!("{text}");
}
