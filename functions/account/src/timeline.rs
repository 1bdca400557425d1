//! `/account/timeline`: the memories of the last half year, by week and app, and their most frequent tags.
//!
//! The page reads a bounded number of the newest memories and says so if there are more (AW-06).

use std::collections::{BTreeMap, HashMap, HashSet};

use askama::Template;
use axum::response::Response;
use jean_auth::client::ClientId;
use jean_memory::{Memory, MemoryId};
use jean_pages::{Language, Texts, account::Section, dates};
use jiff::{Span, ToSpan, civil::Date};

use crate::{app::App, app_names::AppNames, error::AccountError, paths, signed_in::SignedInUser, view::View};

/// Number of weeks, the present one included.
const WEEKS: usize = 26;
/// Maximum number of memories read, and of requests for them: a request returns at most a megabyte.
const MEMORIES: usize = 1000;
const READS: usize = 4;
/// Number of apps with a colour of their own.
const APPS: usize = 4;
/// Number of tags shown.
const TAGS: usize = 12;
/// Height of the chart, in its own units. Bars are 8 units wide, with 2 between them.
const HEIGHT: u64 = 1000;

/// The counts of the memories read.
struct Timeline {
    /// The apps with the most memories, and all others as one.
    series: Vec<Series>,
    /// The Monday of each week with the counts of the series, the oldest first.
    weeks: Vec<(Date, Vec<u64>)>,
    /// The most frequent tags with their counts.
    tags: Vec<(String, u64)>,
    total: u64,
}

struct Series {
    /// `None` for all other apps.
    name: Option<String>,
    client_id: Option<ClientId>,
    total: u64,
}

/// A part of a bar.
struct BarPart {
    series: usize,
    x: u64,
    y: u64,
    height: u64,
}

impl Timeline {
    /// Counts memories by the week they were written in, before the end of today. A document counts once.
    fn of(memories: &[Memory], names: &AppNames, today: Date) -> Self {
        let first = first_day(today);
        let mut documents = HashSet::new();
        let mut by_app: HashMap<String, (Option<ClientId>, BTreeMap<usize, u64>)> = HashMap::new();
        let mut by_tag: HashMap<&str, u64> = HashMap::new();
        for memory in memories {
            let Some(week) = week_of(dates::day(memory.created_at), first) else { continue };
            if memory.document.as_ref().is_some_and(|piece| !documents.insert(piece.id)) {
                continue;
            }
            let client_id = memory.written_by.credential.client_id();
            let app = by_app
                .entry(names.heading(&memory.written_by))
                .or_insert_with(|| (client_id.cloned(), BTreeMap::new()));
            // Connections of several clients can have one name.
            app.0 = app.0.take().filter(|seen| client_id == Some(seen));
            *app.1.entry(week).or_default() += 1;
            memory.tags.iter().for_each(|tag| *by_tag.entry(tag).or_default() += 1);
        }
        let mut apps: Vec<_> = by_app
            .into_iter()
            .map(|(name, (client_id, weeks))| {
                (Series { name: Some(name), client_id, total: weeks.values().sum() }, weeks)
            })
            .collect();
        apps.sort_by(|(one, _), (other, _)| other.total.cmp(&one.total).then_with(|| one.name.cmp(&other.name)));
        if apps.len() > APPS + 1 {
            let mut rest = (Series { name: None, client_id: None, total: 0 }, BTreeMap::new());
            for (series, weeks) in apps.drain(APPS..) {
                rest.0.total += series.total;
                weeks.into_iter().for_each(|(week, count)| *rest.1.entry(week).or_default() += count);
            }
            apps.push(rest);
        }
        let week = |week: usize| {
            let counts = apps.iter().map(|(_, weeks)| weeks.get(&week).copied().unwrap_or_default());
            (first.saturating_add(Span::new().weeks(i64::try_from(week).unwrap_or_default())), counts.collect())
        };
        let weeks = (0..WEEKS).map(week).collect();
        let mut tags: Vec<_> = by_tag.into_iter().map(|(tag, count)| (tag.to_owned(), count)).collect();
        tags.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        tags.truncate(TAGS);
        let series: Vec<_> = apps.into_iter().map(|(series, _)| series).collect();
        let total = series.iter().map(|series| series.total).sum();
        Self { series, weeks, tags, total }
    }

    /// The largest number of memories in a week.
    fn most(&self) -> u64 {
        self.weeks.iter().map(|(_, counts)| counts.iter().sum()).max().unwrap_or_default()
    }

    /// The bars of all weeks, from the bottom to the top of each.
    fn segments(&self) -> Vec<BarPart> {
        let most = self.most().max(1);
        let mut segments = vec![];
        for ((_, counts), x) in self.weeks.iter().zip((1..).step_by(10)) {
            let mut below = 0;
            for (series, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                let (low, high) = (below * HEIGHT / most, (below + count) * HEIGHT / most);
                segments.push(BarPart { series, x, y: HEIGHT - high, height: high - low });
                below += count;
            }
        }
        segments
    }
}

/// The Monday with which the chart begins.
fn first_day(today: Date) -> Date {
    let monday = today.saturating_sub(i64::from(today.weekday().to_monday_zero_offset()).days());
    monday.saturating_sub((WEEKS as i64 - 1).weeks())
}

/// The number of a day's week in the chart, if it is in it.
fn week_of(day: Date, first: Date) -> Option<usize> {
    let days = usize::try_from(first.until(day).ok()?.get_days()).ok()?;
    Some(days / 7).filter(|week| *week < WEEKS)
}

#[derive(Template)]
#[template(path = "timeline.html")]
struct TimelinePage {
    texts: Texts,
    timeline: Timeline,
    today: Date,
    /// `true` if all memories of the half year were read.
    is_complete: bool,
}

impl TimelinePage {
    fn first(&self) -> Date {
        first_day(self.today)
    }

    fn name<'a>(&'a self, series: &'a Series) -> &'a str {
        series.name.as_deref().unwrap_or_else(|| self.texts.other_apps())
    }

    /// The list of an app's memories, if the series is one client.
    fn of_app(&self, series: &Series) -> Option<String> {
        Some(paths::memories(&[("app", series.client_id.as_ref()?.to_string())]))
    }

    /// The list of a week's memories.
    fn of_week(&self, monday: &Date) -> String {
        let sunday = monday.saturating_add(6.days());
        paths::memories(&[("from", monday.to_string()), ("to", sunday.to_string())])
    }

    /// The weeks with memories, the newest first.
    fn weeks(&self) -> Vec<&(Date, Vec<u64>)> {
        self.timeline.weeks.iter().rev().filter(|(_, counts)| counts.iter().any(|count| *count > 0)).collect()
    }
}

/// `GET /account/timeline`
pub(crate) async fn show(app: App, language: Language, signed_in: SignedInUser) -> Result<Response, AccountError> {
    let view = View::new(&app, language, &signed_in);
    let today = dates::day(app.now());
    let (memories, is_complete) = newest(view, first_day(today)).await?;
    let timeline = Timeline::of(&memories, &AppNames::load(view).await?, today);
    let body = TimelinePage { texts: view.texts(), timeline, today, is_complete };
    Ok(view.page(Section::Memories, view.texts().timeline(), &body))
}

/// The newest memories written since a day, and `true` if these are all.
async fn newest(view: View<'_>, first: Date) -> Result<(Vec<Memory>, bool), AccountError> {
    let (mut memories, mut after): (Vec<_>, Option<MemoryId>) = (vec![], None);
    for _ in 0..READS {
        let page = view.app.service.many(&view.signed_in.user.user_id, after).await?;
        memories.extend(page.memories);
        after = page.next.filter(|next| dates::day(next.created_at()) >= first);
        if after.is_none() || memories.len() >= MEMORIES {
            break;
        }
    }
    Ok((memories, after.is_none()))
}

#[cfg(test)]
mod tests {
    use jean_memory::{NewMemory, Writer};
    use jean_pages::Language;

    use super::*;

    fn day(text: &str) -> Date {
        text.parse().expect("a date")
    }

    #[test]
    fn chart_ends_with_the_present_week() {
        let today = day("2026-11-29");
        let first = first_day(today);
        assert_eq!(first, day("2026-06-01"));
        for (written, week) in [
            ("2026-11-29", Some(25)),
            ("2026-11-23", Some(25)),
            ("2026-11-22", Some(24)),
            ("2026-06-01", Some(0)),
            ("2026-05-31", None),
            ("2026-11-30", None),
        ] {
            assert_eq!(week_of(day(written), first), week, "{written}");
        }
    }

    #[test]
    fn bars_are_as_high_as_their_counts() {
        let written = |text: &str, time: &str| {
            let at = format!("{time}T12:00:00Z").parse().expect("a time");
            let new = NewMemory::new(text, vec!["tea".into()], None, None).expect("valid");
            new.into_memory(MemoryId::new(at, [1; 10]), Writer::person(), at, None)
        };
        let memories = [
            written("a", "2026-11-24"),
            written("b", "2026-11-23"),
            written("c", "2026-11-16"),
            written("d", "2020-01-01"),
        ];
        let names = AppNames::of(Texts::of(Language::En), &[]);
        let timeline = Timeline::of(&memories, &names, day("2026-11-25"));
        assert_eq!((timeline.total, timeline.most(), timeline.series.len()), (3, 2, 1));
        assert_eq!(timeline.tags, [("tea".into(), 3)]);
        let bars: Vec<_> = timeline.segments().iter().map(|bar| (bar.x, bar.y, bar.height)).collect();
        assert_eq!(bars, [(241, 500, 500), (251, 0, 1000)]);
    }

    #[test]
    fn empty_timeline_has_no_bars() {
        let names = AppNames::of(Texts::of(Language::En), &[]);
        let timeline = Timeline::of(&[], &names, day("2026-11-25"));
        assert!(timeline.segments().is_empty() && timeline.tags.is_empty() && timeline.total == 0);
    }
}
