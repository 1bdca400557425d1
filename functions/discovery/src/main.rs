//! The Lambda: [`jean_discovery::router`], run.

fn main() -> std::process::ExitCode {
    jean_runtime::lambda::run(jean_discovery::router)
}
