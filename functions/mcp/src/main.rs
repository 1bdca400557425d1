//! The Lambda function of [`jean_mcp::router`].

fn main() -> std::process::ExitCode {
    jean_runtime::lambda::run_with_shutdown(jean_mcp::router)
}
