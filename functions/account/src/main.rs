//! Runs [`jean_account::router`] in Lambda.

fn main() -> std::process::ExitCode {
    jean_runtime::lambda::run(jean_account::router)
}
