//! The Lambda: [`authorize::router`], run.

fn main() -> std::process::ExitCode {
    web::lambda::run(authorize::router)
}
