//! The Lambda: [`jean_rotate::rotate`], run.

fn main() -> std::process::ExitCode {
    jean_runtime::lambda::run_event(jean_rotate::rotate)
}
