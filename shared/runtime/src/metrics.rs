//! Counts events in CloudWatch's embedded metric format: one log line per event, without an API call or agent.
//!
//! Written here and not by a metrics crate, since one JSON line per event needs no registry and no start-up work. Each
//! event is a metric without dimensions in the stack's namespace. CloudWatch bills a metric for the hours in which it has
//! a value, so an idle stack costs nothing.

use std::{fmt, io};

use serde_json::json;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{fmt::MakeWriter, layer::Context};

use crate::Clock;

/// A layer that writes a metric line for each log event with an `event` field.
pub(crate) struct Metrics<W> {
    pub(crate) namespace: String,
    pub(crate) clock: Clock,
    pub(crate) writer: W,
}

impl<S: Subscriber, W: for<'a> MakeWriter<'a> + 'static> tracing_subscriber::Layer<S> for Metrics<W> {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut name = Name(None);
        event.record(&mut name);
        let Some(name) = name.0 else { return };
        let line = json!({
            "_aws": {
                "Timestamp": self.clock.now().as_millisecond(),
                "CloudWatchMetrics": [{
                    "Namespace": self.namespace,
                    "Dimensions": [[]],
                    "Metrics": [{"Name": name, "Unit": "Count"}],
                }],
            },
            (name): 1,
        });
        // A failure to write the log cannot be logged.
        let _ = io::Write::write_all(&mut self.writer.make_writer(), format!("{line}\n").as_bytes());
    }
}

/// The value of the field `event`.
struct Name(Option<String>);

impl Visit for Name {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "event" {
            self.0 = Some(value.into());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use jiff::Timestamp;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("not poisoned").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn named_event_is_counted_without_its_fields() {
        let lines = Lines::default();
        let written = lines.clone();
        let metrics = Metrics {
            namespace: "jean-memory".into(),
            clock: Clock::new(|| Timestamp::from_second(1).expect("in range")),
            writer: move || written.clone(),
        };
        tracing::subscriber::with_default(tracing_subscriber::registry().with(metrics), || {
            tracing::info!(event = crate::event::REUSE, user_id = "ada", "grant revoked");
            tracing::info!(status = 200, "answered");
        });
        let told = String::from_utf8(lines.0.lock().expect("not poisoned").clone()).expect("text");
        let line: serde_json::Value = serde_json::from_str(told.trim()).expect("one line");
        let metric =
            json!({"Namespace": "jean-memory", "Dimensions": [[]], "Metrics": [{"Name": "reuse", "Unit": "Count"}]});
        let expected = json!({"_aws": {"Timestamp": 1000, "CloudWatchMetrics": [metric]}, "reuse": 1});
        assert_eq!(line, expected);
    }
}
