//! The grammar of time expressions: one for all languages, over the meanings of their words.

use std::ops::Range;

use jiff::civil::Date;

use super::{
    calendar::{around, coming, current, latest, plus},
    tokens::QueryToken,
    vocabulary::{Unit, WordSense},
};

/// A time expression at the beginning of some tokens.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TimeExpression {
    /// The number of its tokens.
    pub(super) tokens: usize,
    pub(super) days: Range<Date>,
    /// The search text that replaces it: memories contain dates and the names of months, but not "yesterday".
    pub(super) instead: Option<String>,
}

/// Tokens to read from, on a day.
pub(super) struct TimeReader<'a> {
    pub(super) tokens: &'a [QueryToken<'a>],
    /// The token before them.
    pub(super) before: Option<&'a QueryToken<'a>>,
    pub(super) today: Date,
}

impl TimeReader<'_> {
    /// The time expression at the first token, if any.
    pub(super) fn read(&self) -> Option<TimeExpression> {
        if self.word(0, WordSense::NoTime).is_some() {
            return None;
        }
        self.absolute()
            .or_else(|| self.day())
            .or_else(|| self.ago())
            .or_else(|| self.ahead())
            .or_else(|| self.few())
            .or_else(|| self.last())
            .or_else(|| self.this())
            .or_else(|| self.next())
            .or_else(|| self.during())
            .or_else(|| self.upcoming())
    }

    /// "yesterday".
    fn day(&self) -> Option<TimeExpression> {
        let (offset, end) =
            self.find(0, |meaning| if let WordSense::Day(offset) = meaning { Some(offset) } else { None })?;
        // "am Morgen", "por la mañana".
        if offset > 0 && self.word(0, WordSense::Daytime).is_some() && self.is_noun() {
            return None;
        }
        // "heute morgen", which has more words.
        let this = self.this().filter(|this| this.tokens > end);
        this.or_else(|| relative(end, around(plus(self.today, Unit::Day, offset)?, Unit::Day)?))
    }

    /// "two weeks ago", "vor zwei Wochen", "il y a deux semaines".
    fn ago(&self) -> Option<TimeExpression> {
        let before = self.word(0, WordSense::AgoBefore);
        let (count, at) = self.count(before.unwrap_or_default())?;
        let (unit, at) = self.unit(at)?;
        let end = if before.is_some() { at } else { self.word(at, WordSense::AgoAfter)? };
        relative(end, around(plus(self.today, unit, -count)?, unit)?)
    }

    /// "in two weeks", "en dos semanas". "Once in a week" is no time.
    fn ahead(&self) -> Option<TimeExpression> {
        let (count, at) = self.count(self.word(0, WordSense::In)?)?;
        let (unit, end) = self.unit(at)?;
        relative(end, around(plus(self.today, unit, count)?, unit)?).filter(|_| count > 1)
    }

    /// "last three days", "trois derniers jours": until today. "Next three days": from today.
    fn few(&self) -> Option<TimeExpression> {
        let of = |before, after| {
            let counted = self.word(0, before).and_then(|at| self.count(at));
            let (count, at) = counted.or_else(|| {
                let (count, at) = self.count(0)?;
                Some((count, self.word(at, after)?))
            })?;
            let (unit, end) = self.unit(at)?;
            Some((count, unit, end))
        };
        if let Some((count, unit, end)) = of(WordSense::Last, WordSense::LastAfter) {
            return relative(end, plus(self.today, unit, -count)?..self.today.tomorrow().ok()?);
        }
        let (count, unit, end) = of(WordSense::Next, WordSense::NextAfter)?;
        relative(end, self.today..plus(self.today.tomorrow().ok()?, unit, count)?)
    }

    /// "last week", "la semana pasada", 上周.
    fn last(&self) -> Option<TimeExpression> {
        if let Some((unit, end)) = self.find(0, |it| if let WordSense::LastOf(unit) = it { Some(unit) } else { None }) {
            return relative(end, around(plus(self.today, unit, -1)?, unit)?);
        }
        let before = self.word(0, WordSense::Last);
        let (period, at) = self.period(before.unwrap_or_default(), &[WordSense::Night])?;
        let end = if before.is_some() { at } else { self.word(at, WordSense::LastAfter)? };
        // "The last week of May" is not relative to today.
        if self.word(end, WordSense::Of).is_some() || self.in_month(end) {
            return None;
        }
        self.named(before.unwrap_or_default()..at, end, period, latest(self.today, period, true)?)
    }

    /// "this year", "heute Morgen".
    fn this(&self) -> Option<TimeExpression> {
        if let Some((unit, end)) = self.find(0, |it| if let WordSense::ThisOf(unit) = it { Some(unit) } else { None }) {
            return relative(end, around(self.today, unit)?);
        }
        let begin = self.word(0, WordSense::This)?;
        let (period, end) = self.period(begin, &[WordSense::Daytime])?;
        if self.word(end, WordSense::Of).is_some() || self.in_month(end) {
            return None;
        }
        self.named(begin..end, end, period, current(self.today, period)?)
    }

    /// "next week", "el lunes que viene", 下周.
    fn next(&self) -> Option<TimeExpression> {
        if let Some((unit, end)) = self.find(0, |it| if let WordSense::NextOf(unit) = it { Some(unit) } else { None }) {
            return relative(end, around(plus(self.today, unit, 1)?, unit)?);
        }
        let before = self.word(0, WordSense::Next);
        let (period, at) = self.period(before.unwrap_or_default(), &[])?;
        let end = if before.is_some() { at } else { self.word(at, WordSense::NextAfter)? };
        self.named(before.unwrap_or_default()..at, end, period, coming(self.today, period)?)
    }

    /// "next appointment": in the next year. The words are kept: a memory may have them.
    fn upcoming(&self) -> Option<TimeExpression> {
        let end = self.word(0, WordSense::Upcoming)?;
        let tomorrow = self.today.tomorrow().ok()?;
        self.tokens.get(end)?;
        self.kept(end, tomorrow..plus(tomorrow, Unit::Year, 1)?, None)
    }

    /// `true` if the first word is a noun: it follows an article, a preposition or a number, or is in capitals within a sentence.
    fn is_noun(&self) -> bool {
        let Some(before) = self.before else { return false };
        let is_determiner = |sense: &WordSense| {
            matches!(sense, WordSense::Article | WordSense::In | WordSense::Of | WordSense::This | WordSense::Number(_))
        };
        before.phrases[0].iter().any(|(_, sense)| is_determiner(sense))
            || self.tokens[0].text.starts_with(char::is_uppercase)
    }

    /// "in October", "on Monday", "im Sommer", "in 2023", 月曜日に. The words are kept: a memory may have them.
    fn during(&self) -> Option<TimeExpression> {
        let preposition = self.word(0, WordSense::In);
        let start = preposition.unwrap_or_default();
        let start = self.word(start, WordSense::Article).unwrap_or(start);
        if preposition.is_some() {
            let at = self.word(start, WordSense::Unit(Unit::Year)).unwrap_or(start);
            if let Some(year) = self.year(at) {
                return self.kept(at + 1, around(Date::new(year, 1, 1).ok()?, Unit::Year)?, None);
            }
        }
        let (period, end) = self.period(start, &[])?;
        let (month, is_named) = match period {
            WordSense::Unit(_) => return None,
            WordSense::Month(month) => (Some(month), self.tokens[start].plain.ends_with(['月', '월'])),
            _ => (None, tells_when(&self.tokens[start].plain)),
        };
        let is_whole = self.year(self.word(end, WordSense::Of).unwrap_or(end)).is_none() && self.number(end).is_none();
        if !is_whole || preposition.is_none() && !is_named {
            return None;
        }
        self.kept(end, latest(self.today, period, false)?, month)
    }

    /// A day, or a month of a year: "2023-05-08", "8 May 2023", "May 8, 2023", "mayo de 2023", 2023年5月8日.
    fn absolute(&self) -> Option<TimeExpression> {
        let first = self.tokens.first()?;
        if first.plain.len() == "2023-05-08".len()
            && let Ok(date) = first.plain.parse()
        {
            return self.on(date, 1);
        }
        if let (Some(year), Some(at)) = (self.year(0), self.word(1, WordSense::Unit(Unit::Year))) {
            let Some((month, at)) = self.month(at) else {
                return self.kept(at, around(Date::new(year, 1, 1).ok()?, Unit::Year)?, None);
            };
            let day = self.number(at).and_then(|day| Some((day, self.word(at + 1, WordSense::Unit(Unit::Day))?)));
            return match day {
                Some((day, end)) => self.on(Date::new(year, month, i8::try_from(day).ok()?).ok()?, end),
                None => self.kept(at, around(Date::new(year, month, 1).ok()?, Unit::Month)?, Some(month)),
            };
        }
        let skip_of = |at| self.word(at, WordSense::Of).unwrap_or(at);
        if let Some((month, after)) = self.month(0) {
            if let (Some(day), Some(year)) = (self.number(after), self.year(after + 1)) {
                return self.on(Date::new(year, month, i8::try_from(day).ok()?).ok()?, after + 2);
            }
            let at = skip_of(after);
            let days = around(Date::new(self.year(at)?, month, 1).ok()?, Unit::Month)?;
            return self.kept(at + 1, days, Some(month));
        }
        let day = self.number(0)?;
        let (month, at) = self.month(skip_of(1))?;
        let at = skip_of(at);
        self.on(Date::new(self.year(at)?, month, i8::try_from(day).ok()?).ok()?, at + 1)
    }

    /// A date, which is searched in the form of the index.
    fn on(&self, date: Date, tokens: usize) -> Option<TimeExpression> {
        let instead = Some(date.strftime("%-d %B %Y").to_string());
        Some(TimeExpression { tokens, days: around(date, Unit::Day)?, instead })
    }

    /// An expression of which the words are searched.
    fn kept(&self, tokens: usize, days: Range<Date>, month: Option<i8>) -> Option<TimeExpression> {
        Some(TimeExpression { tokens, instead: Some(self.text(0..tokens, month, &days)), days })
    }

    /// A period relative to today. The name of a weekday, month or season is searched as well, since the text of a memory may
    /// state it: "the match is on Friday".
    fn named(&self, name: Range<usize>, tokens: usize, period: WordSense, days: Range<Date>) -> Option<TimeExpression> {
        let is_named = matches!(period, WordSense::Weekday(_) | WordSense::Month(_) | WordSense::Season(_));
        let instead = is_named.then(|| self.text(name, period.month(), &days));
        Some(TimeExpression { tokens, days, instead })
    }

    /// The text of some of the tokens, with the English name of their month, which the index has.
    fn text(&self, tokens: Range<usize>, month: Option<i8>, days: &Range<Date>) -> String {
        let (mut text, tokens) = (String::new(), &self.tokens[tokens]);
        tokens.iter().for_each(|token| super::tokens::push(&mut text, token.text, token.is_joined));
        let name = month.map(|_| days.start.strftime("%B").to_string());
        let name = name.filter(|name| !tokens.iter().any(|token| token.plain.eq_ignore_ascii_case(name)));
        name.map(|name| format!("{text} {name}")).unwrap_or(text)
    }

    /// The first meaning that is wanted of the longest phrase at a place, and the place after it.
    fn find<T>(&self, at: usize, wanted: impl Fn(WordSense) -> Option<T>) -> Option<(T, usize)> {
        self.tokens.get(at)?.phrases.iter().enumerate().rev().find_map(|(more, senses)| {
            let found = senses.iter().find_map(|(_, meaning)| wanted(*meaning))?;
            Some((found, at + more + 1))
        })
    }

    /// The place after a word of this meaning.
    fn word(&self, at: usize, meaning: WordSense) -> Option<usize> {
        self.find(at, |other| (other == meaning).then_some(())).map(|((), end)| end)
    }

    fn unit(&self, at: usize) -> Option<(Unit, usize)> {
        self.find(at, |meaning| if let WordSense::Unit(unit) = meaning { Some(unit) } else { None })
    }

    /// A period that "last" and "this" apply to: "last day" does not mean yesterday.
    fn period(&self, at: usize, others: &[WordSense]) -> Option<(WordSense, usize)> {
        self.find(at, |meaning| {
            let is_period = match meaning {
                WordSense::Unit(unit) => unit != Unit::Day,
                WordSense::Weekend | WordSense::Weekday(_) | WordSense::Month(_) | WordSense::Season(_) => true,
                _ => others.contains(&meaning),
            };
            is_period.then_some(meaning)
        })
    }

    fn month(&self, at: usize) -> Option<(i8, usize)> {
        self.find(at, WordSense::month)
    }

    fn in_month(&self, at: usize) -> bool {
        self.word(at, WordSense::In).is_some_and(|at| self.month(at).is_some())
    }

    /// A number in digits, also an ordinal: "8th", "8.".
    fn number(&self, at: usize) -> Option<i64> {
        let digits = self.tokens.get(at)?.plain.trim_end_matches(char::is_alphabetic);
        digits.parse().ok().filter(|number| (1..1000).contains(number))
    }

    fn count(&self, at: usize) -> Option<(i64, usize)> {
        let digits = self.tokens.get(at)?.plain.parse().ok().filter(|number| (1..1000).contains(number));
        let named =
            || self.find(at, |meaning| if let WordSense::Number(number) = meaning { Some(number) } else { None });
        digits.map(|number| (number, at + 1)).or_else(named)
    }

    fn year(&self, at: usize) -> Option<i16> {
        let word = &self.tokens.get(at)?.plain;
        word.parse().ok().filter(|year| word.len() == 4 && (1000..3000).contains(year))
    }
}

/// `true` for a weekday or season that needs no preposition: in Chinese, Japanese and Korean, and in a case or form of its own.
fn tells_when(word: &str) -> bool {
    const FORMS: [&str; 6] = ["весной", "летом", "осенью", "зимой", "yazın", "kışın"];
    FORMS.contains(&word)
        || word.starts_with(|first| ('\u{3000}'..='\u{9fff}').contains(&first) || ('가'..='힣').contains(&first))
}

fn relative(tokens: usize, days: Range<Date>) -> Option<TimeExpression> {
    Some(TimeExpression { tokens, days, instead: None })
}
