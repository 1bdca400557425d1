//! Log lines: JSON in Lambda, where CloudWatch reads their fields; text on the desk, where a person does.

use tracing::Level;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{Clock, Environment, metrics::Metrics};

/// Begins logging, once per process. `AWS_LAMBDA_LOG_LEVEL` is what Lambda sets from the template's LoggingConfig, and
/// `AWS_LAMBDA_LOG_FORMAT` likewise. `METRICS_NAMESPACE` is the name that what happens is counted under, if it is.
pub fn init(environment: &Environment) {
    let level = environment.get("AWS_LAMBDA_LOG_LEVEL").and_then(|level| level.parse().ok()).unwrap_or(Level::INFO);
    // rmcp tells three times per request what one line of ours tells once.
    let targets = Targets::new().with_default(level).with_target("rmcp", level.min(Level::WARN));
    let metrics = environment.get("METRICS_NAMESPACE").map(|namespace| Metrics {
        namespace,
        clock: Clock::of_system(),
        writer: std::io::stdout,
    });
    let registry = tracing_subscriber::registry().with(targets).with(metrics);
    // A second call, in a test, keeps the first logger.
    let _ = match environment.get("AWS_LAMBDA_LOG_FORMAT").as_deref() {
        Some("JSON") => {
            registry.with(tracing_subscriber::fmt::layer().json().flatten_event(true).with_span_list(false)).try_init()
        }
        _ => registry.with(tracing_subscriber::fmt::layer().with_target(false)).try_init(),
    };
}
