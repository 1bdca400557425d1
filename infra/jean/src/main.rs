//! The binary: [`jean::run`].

fn main() -> std::process::ExitCode {
    jean::run()
}
