//! Lambda entry point of [`jean_discovery::router`].

fn main() -> std::process::ExitCode {
    jean_runtime::lambda::run(jean_discovery::router)
}
