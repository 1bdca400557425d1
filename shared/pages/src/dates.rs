//! Times as the pages show them, in UTC: a browser does not send its time zone.

use jiff::{Timestamp, civil::Date, tz::Offset};

use crate::{Texts, texts::Markup};

/// The date of a time.
///
/// ```
/// let time = "2026-07-28T23:59:30Z".parse().unwrap();
/// assert_eq!(jean_pages::dates::day(time).to_string(), "2026-07-28");
/// ```
pub fn day(time: Timestamp) -> Date {
    Offset::UTC.to_datetime(time).date()
}

/// A time to the minute, in the same format in every language.
///
/// ```
/// let time = "2026-07-28T23:59:30Z".parse().unwrap();
/// let shown = r#"<time datetime="2026-07-28T23:59:30Z">2026-07-28, 23:59 UTC</time>"#;
/// assert_eq!(jean_pages::dates::minute(time).to_string(), shown);
/// ```
pub fn minute(time: Timestamp) -> Markup {
    Markup::new(format!("<time datetime=\"{}\">{}</time>", iso(time), exact(time)))
}

/// A time as pages show it: how long ago it was within the last week, and its date before that; with the exact time as its
/// title. A browser does not send its time zone, so the hour of the day would mislead.
///
/// ```
/// use jean_pages::{Language, Texts, dates};
///
/// let (texts, now) = (Texts::of(Language::En), "2026-07-28T12:00:00Z".parse().unwrap());
/// let ago = |time: &str| dates::ago(texts, time.parse().unwrap(), now).to_string();
/// for (time, shown) in [
///     ("2026-07-28T11:59:31Z", "just now"),
///     ("2026-07-28T11:15:00Z", "45 min ago"),
///     ("2026-07-28T07:59:00Z", "4 h ago"),
///     ("2026-07-27T11:00:00Z", "1 d ago"),
///     ("2026-07-20T11:00:00Z", "2026-07-20"),
/// ] {
///     assert!(ago(time).contains(&format!(" UTC\">{shown}</time>")), "{time}");
/// }
/// let shown = r#"<time datetime="2026-07-28T07:59:00Z" title="2026-07-28, 07:59 UTC">4 h ago</time>"#;
/// assert_eq!(ago("2026-07-28T07:59:00Z"), shown);
/// ```
pub fn ago(texts: Texts, time: Timestamp, now: Timestamp) -> Markup {
    let minutes = now.duration_since(time).as_mins();
    let shown = match minutes {
        ..=0 => texts.just_now().into(),
        1..60 => texts.minutes_ago(minutes),
        60..1440 => texts.hours_ago(minutes / 60),
        1440..10080 => whole_days_ago(texts, minutes / 1440),
        _ => day(time).to_string(),
    };
    Markup::new(format!("<time datetime=\"{}\" title=\"{}\">{shown}</time>", iso(time), exact(time)))
}

/// A day as pages show it, of a time that is stored once a day: how many days ago it was within the last week (UTC), and its
/// date before that.
///
/// ```
/// use jean_pages::{Language, Texts, dates};
///
/// let (texts, now) = (Texts::of(Language::En), "2026-07-28T12:00:00Z".parse().unwrap());
/// for (time, shown) in [
///     ("2026-07-28T00:00:00Z", "today"),
///     ("2026-07-27T23:59:59Z", "1 d ago"),
///     ("2026-07-21T23:00:00Z", "7 d ago"),
///     ("2026-07-20T23:00:00Z", "2026-07-20"),
/// ] {
///     let html = format!("<time datetime=\"{}\">{shown}</time>", &time[..10]);
///     assert_eq!(dates::days_ago(texts, time.parse().unwrap(), now).to_string(), html);
/// }
/// ```
pub fn days_ago(texts: Texts, time: Timestamp, now: Timestamp) -> Markup {
    let date = day(time);
    let days = day(now).duration_since(date).as_hours() / 24;
    let shown = match days {
        ..=0 => texts.today().into(),
        1..=7 => whole_days_ago(texts, days),
        _ => date.to_string(),
    };
    Markup::new(format!("<time datetime=\"{date}\">{shown}</time>"))
}

/// A number of days, at least one, in the singular or plural of the language.
fn whole_days_ago(texts: Texts, days: i64) -> String {
    if days == 1 { texts.one_day_ago().into() } else { texts.days_ago(days) }
}

fn exact(time: Timestamp) -> String {
    Offset::UTC.to_datetime(time).strftime("%Y-%m-%d, %H:%M UTC").to_string()
}

/// The value of `datetime`.
fn iso(time: Timestamp) -> String {
    Offset::UTC.to_datetime(time).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
