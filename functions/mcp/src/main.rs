//! The Lambda: [`jean_mcp::router`], run.

fn main() -> std::process::ExitCode {
    jean_runtime::lambda::run(jean_mcp::router)
}
