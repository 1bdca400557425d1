//! The Lambda: [`jean_authorize::router`], run.

fn main() -> std::process::ExitCode {
    jean_runtime::lambda::run(jean_authorize::router)
}
