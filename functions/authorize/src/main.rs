//! Runs [`jean_authorize::router`] in Lambda.

fn main() -> std::process::ExitCode {
    jean_runtime::lambda::run(jean_authorize::router)
}
