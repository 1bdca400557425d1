//! The Lambda: [`jean_token::router`], run.

fn main() -> std::process::ExitCode {
    jean_runtime::lambda::run(jean_token::router)
}
