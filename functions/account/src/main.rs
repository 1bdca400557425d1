//! The Lambda: [`jean_account::router`], run.

fn main() -> std::process::ExitCode {
    jean_runtime::lambda::run(jean_account::router)
}
