//! The Lambda: [`jean_register::router`], run.

fn main() -> std::process::ExitCode {
    jean_runtime::lambda::run(jean_register::router)
}
