//! The Lambda: [`account::router`], run.

fn main() -> std::process::ExitCode {
    web::lambda::run(account::router)
}
