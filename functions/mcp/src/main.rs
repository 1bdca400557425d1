//! The Lambda: [`mcp::router`], run.

fn main() -> std::process::ExitCode {
    web::lambda::run(mcp::router)
}
