//! Runs [`jean_federate::router`] in Lambda.

fn main() -> std::process::ExitCode {
    jean_runtime::lambda::run(jean_federate::router)
}
