//! The Lambda: [`discovery::router`], run.

fn main() -> std::process::ExitCode {
    web::lambda::run(discovery::router)
}
