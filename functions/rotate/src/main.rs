//! Lambda entry point of [`jean_rotate::rotate`].

fn main() -> std::process::ExitCode {
    jean_runtime::lambda::run_event(jean_rotate::rotate)
}
