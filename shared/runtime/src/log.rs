//! Logging: JSON in Lambda, where CloudWatch indexes the fields; text on a terminal.

use tracing::{Level, Subscriber};
use tracing_subscriber::{
    Layer, filter::Targets, fmt::MakeWriter, layer::SubscriberExt, registry::LookupSpan, util::SubscriberInitExt,
};

use crate::{Clock, Environment, metrics::Metrics};

/// Starts logging, once per process. Lambda sets `AWS_LAMBDA_LOG_LEVEL` and `AWS_LAMBDA_LOG_FORMAT` from the template's
/// LoggingConfig. Events are counted under `METRICS_NAMESPACE`, if it is set.
pub fn init(environment: &Environment) {
    let level = environment.get("AWS_LAMBDA_LOG_LEVEL").and_then(|level| level.parse().ok()).unwrap_or(Level::INFO);
    let metrics = environment.get("METRICS_NAMESPACE").map(|namespace| metrics(namespace, std::io::stdout));
    let registry = tracing_subscriber::registry().with(targets(level)).with(metrics);
    // A second call, as in tests, keeps the first logger.
    let _ = match environment.get("AWS_LAMBDA_LOG_FORMAT").as_deref() {
        Some("JSON") => registry.with(lines(std::io::stdout)).try_init(),
        _ => registry.with(tracing_subscriber::fmt::layer().with_target(false)).try_init(),
    };
}

/// Everything that a function writes to its log in Lambda, on `writer`. For tests that measure it.
pub fn of_lambda<S, W>(writer: W) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Clone + Send + Sync + 'static,
{
    lines(writer.clone()).and_then(metrics("jean-memory".into(), writer)).with_filter(targets(Level::INFO))
}

/// rmcp logs three lines per request that repeat one of ours.
fn targets(level: Level) -> Targets {
    Targets::new().with_default(level).with_target("rmcp", level.min(Level::WARN))
}

/// Events as lines of JSON. CloudWatch bills each byte; the module of an event is not worth its price.
fn lines<S, W>(writer: W) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let json = tracing_subscriber::fmt::layer().json().flatten_event(true).with_span_list(false);
    json.with_target(false).with_writer(writer)
}

fn metrics<W>(namespace: String, writer: W) -> Metrics<W> {
    Metrics { namespace, clock: Clock::of_system(), writer }
}
