//! The Lambda: [`register::router`], run.

fn main() -> std::process::ExitCode {
    web::lambda::run(register::router)
}
