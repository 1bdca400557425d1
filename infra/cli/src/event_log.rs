//! The log of a server on a terminal: one line per event that its owner cares about, such as a sign-in or a connected app.
//!
//! The URL and the link that the start prints stay in sight. `--verbose` logs every request instead.

use std::{fmt, io::Write};

use jean_runtime::{Clock, RequestId, event};
use jiff::tz::Offset;
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    Layer,
    filter::LevelFilter,
    layer::{Context, SubscriberExt},
    util::SubscriberInitExt,
};

/// Events of every call or every hour.
const FREQUENT: [&str; 4] = [event::TOOL_CALL, event::REFRESH, event::ACCESS_REFUSED, event::TOKEN_REFUSED];

/// Starts the log, once per process.
pub(crate) fn init(clock: Clock) {
    // A second call, as in tests, keeps the first logger.
    let _ = tracing_subscriber::registry().with(EventLog { clock }.with_filter(LevelFilter::INFO)).try_init();
}

struct EventLog {
    clock: Clock,
}

impl<S: Subscriber> Layer<S> for EventLog {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = EventLine::default();
        event.record(&mut line);
        if let Some(text) = line.text(*event.metadata().level(), &RequestId::current()) {
            let time = Offset::UTC.to_datetime(self.clock.now()).strftime("%H:%M:%S");
            // Clients choose some of the values, which must not control the terminal.
            let text = text.replace(char::is_control, "\u{fffd}");
            // A failure to write the log cannot be logged.
            let _ = writeln!(std::io::stdout(), "  {time} UTC  {text}");
        }
    }
}

/// The fields of an event.
#[derive(Default)]
struct EventLine {
    event: Option<String>,
    message: String,
    fields: String,
}

impl EventLine {
    /// The line, unless the event is not worth one. A warning or error has the id of its request, which error pages show as a
    /// reference.
    fn text(self, level: Level, request_id: &str) -> Option<String> {
        let shown = match self.event.as_deref() {
            Some(event) => !FREQUENT.contains(&event),
            None => level <= Level::WARN,
        };
        let is_problem = level <= Level::WARN;
        let mark = if is_problem { format!("{level}: ") } else { String::new() };
        let reference =
            if is_problem && !request_id.is_empty() { format!("  request_id={request_id}") } else { String::new() };
        shown.then(|| format!("{mark}{}{}{reference}", self.message, self.fields))
    }

    fn add(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        match field.name() {
            "event" => self.event = Some(value.to_string()),
            "message" => self.message = value.to_string(),
            name => self.fields.push_str(&format!("  {name}={value}")),
        }
    }
}

impl Visit for EventLine {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, format_args!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(event: Option<&str>, message: &str) -> EventLine {
        EventLine { event: event.map(Into::into), message: message.into(), fields: "  user_id=ada".into() }
    }

    #[test]
    fn events_and_warnings_are_shown_and_calls_are_not() {
        for (event, level, shown) in [
            (Some(event::CONSENT), Level::INFO, Some("done  user_id=ada")),
            (Some(event::REUSE), Level::WARN, Some("WARN: done  user_id=ada  request_id=r1")),
            (None, Level::ERROR, Some("ERROR: done  user_id=ada  request_id=r1")),
            (None, Level::INFO, None),
            (Some(event::TOOL_CALL), Level::INFO, None),
            (Some(event::REFRESH), Level::INFO, None),
        ] {
            assert_eq!(line(event, "done").text(level, "r1").as_deref(), shown, "{event:?} {level}");
        }
        // Maintenance logs outside of a request.
        assert_eq!(line(None, "done").text(Level::WARN, "").as_deref(), Some("WARN: done  user_id=ada"));
    }
}
