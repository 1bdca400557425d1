//! The Lambda function of [`jean_mcp::router`].

fn main() -> std::process::ExitCode {
    jean_runtime::lambda::run(jean_mcp::router)
}
