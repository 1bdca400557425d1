//! Lambda entry point of [`jean_register::router`].

fn main() -> std::process::ExitCode {
    jean_runtime::lambda::run(jean_register::router)
}
