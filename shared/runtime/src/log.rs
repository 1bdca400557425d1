//! Logging: JSON in Lambda, where CloudWatch indexes the fields; text on a terminal.

use tracing::Level;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{Clock, Environment, metrics::Metrics};

/// Starts logging, once per process. Lambda sets `AWS_LAMBDA_LOG_LEVEL` and `AWS_LAMBDA_LOG_FORMAT` from the template's
/// LoggingConfig. Events are counted under `METRICS_NAMESPACE`, if it is set.
pub fn init(environment: &Environment) {
    let level = environment.get("AWS_LAMBDA_LOG_LEVEL").and_then(|level| level.parse().ok()).unwrap_or(Level::INFO);
    // rmcp logs three lines per request that repeat one of ours.
    let targets = Targets::new().with_default(level).with_target("rmcp", level.min(Level::WARN));
    let metrics = environment.get("METRICS_NAMESPACE").map(|namespace| Metrics {
        namespace,
        clock: Clock::of_system(),
        writer: std::io::stdout,
    });
    let registry = tracing_subscriber::registry().with(targets).with(metrics);
    // A second call, as in tests, keeps the first logger.
    let _ = match environment.get("AWS_LAMBDA_LOG_FORMAT").as_deref() {
        Some("JSON") => {
            registry.with(tracing_subscriber::fmt::layer().json().flatten_event(true).with_span_list(false)).try_init()
        }
        _ => registry.with(tracing_subscriber::fmt::layer().with_target(false)).try_init(),
    };
}
