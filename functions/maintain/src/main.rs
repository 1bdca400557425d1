//! Lambda entry point of [`jean_maintain::Maintenance`].

use jean_maintain::Maintenance;

fn main() -> std::process::ExitCode {
    jean_runtime::lambda::run_event(
        async |platform| Maintenance::start(&platform).map(Maintenance::with_encoder),
        async |maintenance: &Maintenance, event, deadline| {
            Ok::<_, std::convert::Infallible>(maintenance.run(event, deadline).await)
        },
    )
}
