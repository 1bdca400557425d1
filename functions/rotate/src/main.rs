//! The Lambda: [`rotate::rotate`], run.

fn main() -> std::process::ExitCode {
    web::lambda::run_event(rotate::rotate)
}
