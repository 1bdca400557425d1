use proptest::prelude::*;

use super::*;

/// A Tuesday.
fn now() -> Timestamp {
    "2026-07-28T09:30:00Z".parse().expect("a moment")
}

fn read(query: &str) -> (String, String) {
    let found = extracted(query, TimeZone::UTC.to_datetime(now()).date());
    let found = found.map(|(rest, days)| (rest, format!("{}..{}", days.start, days.end)));
    found.unwrap_or_else(|| (query.into(), String::new()))
}

#[test]
fn spoken_times_are_parsed() {
    for (query, rest, times) in [
        ("what did I eat yesterday?", "what did I eat", "2026-07-27..2026-07-28"),
        ("the day before yesterday", "the", "2026-07-26..2026-07-27"),
        ("meetings last week", "meetings", "2026-07-20..2026-07-27"),
        ("meetings this week", "meetings", "2026-07-27..2026-08-03"),
        ("Last month's", "Last month's", ""),
        ("plans of last month", "plans of", "2026-06-01..2026-07-01"),
        ("two weeks ago I met", "I met", "2026-07-13..2026-07-20"),
        ("3 days ago", "", "2026-07-25..2026-07-26"),
        ("a year ago", "", "2025-01-01..2026-01-01"),
        ("Wen traf ich letzte Woche?", "Wen traf ich", "2026-07-20..2026-07-27"),
        ("vor drei Tagen", "", "2026-07-25..2026-07-26"),
        ("was war gestern", "was war", "2026-07-27..2026-07-28"),
    ] {
        assert_eq!(read(query), (rest.into(), times.into()), "{query}");
    }
}

/// SE-16
#[test]
fn nights_weekdays_months_and_seasons_are_parsed() {
    for (query, rest, times) in [
        ("dinner last night", "dinner", "2026-07-27..2026-07-28"),
        ("this morning's run", "this morning's run", ""),
        ("notes of this morning", "notes of", "2026-07-28..2026-07-29"),
        ("heute Morgen", "", "2026-07-28..2026-07-29"),
        ("last Monday", "Monday", "2026-07-27..2026-07-28"),
        ("last Tuesday", "Tuesday", "2026-07-21..2026-07-22"),
        ("this Friday", "Friday", "2026-07-31..2026-08-01"),
        ("whom I met on Friday", "whom I met on Friday", "2026-07-24..2026-07-25"),
        ("last weekend", "", "2026-07-25..2026-07-27"),
        ("am Wochenende", "am Wochenende", "2026-07-25..2026-07-27"),
        ("in October", "in October", "2025-10-01..2025-11-01"),
        ("last week in May", "last week in May", "2026-05-01..2026-06-01"),
        ("in July", "in July", "2026-07-01..2026-08-01"),
        ("last July", "July", "2025-07-01..2025-08-01"),
        ("this March", "March", "2026-03-01..2026-04-01"),
        ("last spring", "spring", "2026-03-01..2026-06-01"),
        ("last summer", "summer", "2025-06-01..2025-09-01"),
        ("this summer", "summer", "2026-06-01..2026-09-01"),
        ("in the winter", "in the winter", "2025-12-01..2026-03-01"),
        ("in 2023", "in 2023", "2023-01-01..2024-01-01"),
        ("the last three days", "the", "2026-07-25..2026-07-29"),
        ("past 2 weeks", "", "2026-07-14..2026-07-29"),
    ] {
        assert_eq!(read(query), (rest.into(), times.into()), "{query}");
    }
}

/// SE-16
#[test]
fn times_in_other_languages_are_parsed() {
    let (yesterday, two_weeks, week) = ("2026-07-27..2026-07-28", "2026-07-13..2026-07-20", "2026-07-20..2026-07-27");
    let (october, summer) = ("2025-10-01..2025-11-01", "2025-06-01..2025-09-01");
    for (query, rest, times) in [
        ("letzten Montag", "Montag", "2026-07-27..2026-07-28"),
        ("im Oktober", "im Oktober October", october),
        ("im letzten Sommer", "im Sommer", summer),
        ("¿qué comí ayer?", "¿qué comí", yesterday),
        ("la semana pasada", "la", week),
        ("hace dos semanas", "", two_weeks),
        ("el lunes pasado", "el lunes", yesterday),
        ("en octubre", "en octubre October", october),
        ("el verano pasado", "el verano", summer),
        ("fin de semana pasado", "", "2026-07-25..2026-07-27"),
        ("la semaine dernière", "la", week),
        ("l'année dernière", "", "2025-01-01..2026-01-01"),
        ("il y a deux semaines", "", two_weeks),
        ("lundi dernier", "lundi", yesterday),
        ("en octobre", "en octobre October", october),
        ("octobre dernier", "octobre October", october),
        ("les 3 derniers jours", "les", "2026-07-25..2026-07-29"),
        ("ieri sera", "sera", yesterday),
        ("due settimane fa", "", two_weeks),
        ("la settimana scorsa", "la", week),
        ("ontem", "", yesterday),
        ("há duas semanas", "", two_weeks),
        ("semana passada", "", week),
        ("gisteren", "", yesterday),
        ("twee weken geleden", "", two_weeks),
        ("vorige week", "", week),
        ("wczoraj", "", yesterday),
        ("dwa tygodnie temu", "", two_weeks),
        ("w zeszłym tygodniu", "w", week),
        ("w październiku", "w październiku October", october),
        ("вчера вечером", "вечером", yesterday),
        ("две недели назад", "", two_weeks),
        ("на прошлой неделе", "на", week),
        ("в октябре", "в октябре October", october),
        ("dün", "", yesterday),
        ("iki hafta önce", "", two_weeks),
        ("geçen hafta", "", week),
        ("昨天的会议", "会议", yesterday),
        ("两周前", "", two_weeks),
        ("上周开会", "开会", week),
        ("昨日の夕食", "夕食", yesterday),
        ("先週の会議", "会議", week),
        ("10月に", "10月 Octoberに", october),
        ("지난주에 만난 사람", "만난 사람", week),
        ("두 주 전", "", two_weeks),
        ("أمس", "", yesterday),
        ("الأسبوع الماضي", "", week),
        ("पिछले हफ्ते", "", week),
        ("où étais-je hier soir", "où étais-je", yesterday),
        ("امس", "", yesterday),
        ("في اكتوبر", "في اكتوبر October", october),
        ("月曜日に会った人", "月曜日に会った人", "2026-07-27..2026-07-28"),
        ("星期一的会议", "星期一的会议", "2026-07-27..2026-07-28"),
        ("월요일에 만난 사람", "월요일에 만난 사람", "2026-07-27..2026-07-28"),
        ("上個月", "", "2026-06-01..2026-07-01"),
        ("куда я ездил летом", "куда я ездил летом", "2026-06-01..2026-09-01"),
    ] {
        assert_eq!(read(query), (rest.into(), times.into()), "{query}");
    }
}

/// SE-16
#[test]
fn times_to_come_are_parsed() {
    let (tomorrow, week, friday) = ("2026-07-29..2026-07-30", "2026-08-03..2026-08-10", "2026-07-31..2026-08-01");
    for (query, rest, times) in [
        ("what do I have tomorrow?", "what do I have", tomorrow),
        ("Was steht morgen an?", "Was steht an?", tomorrow),
        ("am Morgen", "am Morgen", ""),
        ("Tee am Morgen", "Tee am Morgen", ""),
        ("guten Morgen", "guten Morgen", ""),
        ("heute Morgen", "", "2026-07-28..2026-07-29"),
        ("por la mañana", "por la mañana", ""),
        ("¿qué hago mañana?", "¿qué hago", tomorrow),
        ("the day after tomorrow", "the", "2026-07-30..2026-07-31"),
        ("plans for next week", "plans for", week),
        ("next month", "", "2026-08-01..2026-09-01"),
        ("next Friday", "Friday", friday),
        ("next Monday", "Monday", "2026-08-03..2026-08-04"),
        ("next Tuesday", "Tuesday", "2026-08-04..2026-08-05"),
        ("next weekend", "", "2026-08-01..2026-08-03"),
        ("next July", "July", "2027-07-01..2027-08-01"),
        ("next summer", "summer", "2027-06-01..2027-09-01"),
        ("nächsten Freitag", "Freitag", friday),
        ("nächste Woche", "", week),
        ("kommendes Wochenende", "", "2026-08-01..2026-08-03"),
        ("la semaine prochaine", "la", week),
        ("la semana que viene", "la", week),
        ("下周的会议", "会议", week),
        ("来週", "", week),
        ("in two weeks", "", "2026-08-10..2026-08-17"),
        ("in drei Tagen", "", "2026-07-31..2026-08-01"),
        ("next three days", "", "2026-07-28..2026-08-01"),
        ("my next dentist appointment", "my next dentist appointment", "2026-07-29..2027-07-29"),
        ("the bakery next to the bank", "the bakery next to the bank", ""),
        ("once in a week", "once in a week", ""),
    ] {
        assert_eq!(read(query), (rest.into(), times.into()), "{query}");
    }
}

/// SE-09
#[test]
fn quoted_words_are_no_time_and_a_time_alone_stays_a_query() {
    assert_eq!(read("the song \"Yesterday\""), ("the song \"Yesterday\"".into(), String::new()));
    let (text, days) = dated("yesterday", now(), &TimeZone::UTC);
    assert_eq!((text.as_str(), days.is_some()), ("yesterday", true));
}

/// SE-16
#[test]
fn days_begin_in_the_time_zone() {
    let evening = "2026-07-28T02:00:00Z".parse().expect("a moment");
    let (_, days) = dated("yesterday", evening, &TimeZone::fixed(jiff::tz::offset(-5)));
    let is_yesterday = |at: &str| {
        let at: Timestamp = at.parse().expect("a moment");
        days.as_ref().is_some_and(|days| days.contains(at.as_second()))
    };
    assert!(is_yesterday("2026-07-26T05:00:00Z"));
    assert!(is_yesterday("2026-07-27T04:59:59Z"));
    assert!(!is_yesterday("2026-07-27T05:00:00Z"), "today");
    assert!(is_yesterday("2026-07-26T00:00:00Z"), "a date");
    assert!(!is_yesterday("2026-07-27T00:00:00Z"), "the date of today");
}

#[test]
fn date_is_replaced_by_its_indexed_form() {
    for (query, rest, times) in [
        ("met on 2023-05-08?", "met on 8 May 2023", "2023-05-08..2023-05-09"),
        ("8 May 2023", "8 May 2023", "2023-05-08..2023-05-09"),
        ("on May 8th, 2023", "on 8 May 2023", "2023-05-08..2023-05-09"),
        ("am 8. Mai 2023", "am 8 May 2023", "2023-05-08..2023-05-09"),
        ("in May 2023 we", "in May 2023 we", "2023-05-01..2023-06-01"),
        ("im März 2024", "im März 2024 March", "2024-03-01..2024-04-01"),
        ("8 de mayo de 2023", "8 May 2023", "2023-05-08..2023-05-09"),
        ("mayo de 2023", "mayo de 2023 May", "2023-05-01..2023-06-01"),
        ("8 maj 2023", "8 May 2023", "2023-05-08..2023-05-09"),
        ("8 мая 2023", "8 May 2023", "2023-05-08..2023-05-09"),
        ("2023年5月8日的会议", "8 May 2023的会议", "2023-05-08..2023-05-09"),
        ("2023年5月", "2023年5月 May", "2023-05-01..2023-06-01"),
    ] {
        assert_eq!(read(query), (rest.into(), times.into()), "{query}");
    }
}

#[test]
fn ambiguous_expressions_are_not_parsed() {
    for query in [
        "tea",
        "",
        "May I come?",
        "the last week of May",
        "ten years of tea",
        "was ist hier",
        "Monday meeting",
        "first summer",
        "the last day",
        "last resort",
        "2023-13-01",
        "room 2023",
        "between yesterday and last week",
        "son Friday",
        "zero days ago",
        "vor dem Haus",
    ] {
        assert_eq!(read(query), (query.into(), String::new()), "{query}");
    }
}

proptest! {
    #[test]
    fn arbitrary_query_does_not_panic(
        query in "((last|this|next|tomorrow|\"|vor|in|ago|week|years|999|May|8|2023|年|前|summer|0001-01-01|9999-12-31|today|é)[ ,]?){0,7}", second in any::<i64>(),
    ) {
        let now = Timestamp::from_second(second % 253_402_000_000).expect("in range");
        let (rest, _) = dated(&query, now, &TimeZone::UTC);
        prop_assert!(rest.len() <= query.len() + 20);
        if let Some((_, days)) = extracted(&query, TimeZone::UTC.to_datetime(now).date()) {
            prop_assert!(days.start < days.end);
        }
    }
}
