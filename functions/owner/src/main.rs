//! Lambda entry point of [`jean_owner::Owner`].

use jean_owner::Owner;
use jean_runtime::presigned::Uploads;

fn main() -> std::process::ExitCode {
    jean_runtime::lambda::run_event(
        async |platform| Owner::start(&platform, Uploads::of_lambda(&platform.environment)?),
        async |owner: &Owner, event, _| owner.respond(event).await,
    )
}
