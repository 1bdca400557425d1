//! The binary: [`jean_cli::run`].

fn main() -> std::process::ExitCode {
    jean_cli::run()
}
