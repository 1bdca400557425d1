//! The Lambda: [`token::router`], run.

fn main() -> std::process::ExitCode {
    web::lambda::run(token::router)
}
