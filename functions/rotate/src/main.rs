//! Lambda entry point of [`jean_rotate::rotate`].

fn main() -> std::process::ExitCode {
    jean_runtime::lambda::run_event(
        async |platform| Ok(platform),
        async |platform, rotation, _| jean_rotate::rotate(platform, rotation).await,
    )
}
