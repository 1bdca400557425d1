//! The words of time expressions, in the languages of the pages and the larger ones of the table of word vectors.
//!
//! A word has a meaning in each of its languages: "on" is a preposition in English, and ten in Turkish. The grammar, which is
//! the same for all, decides by its neighbours. Words with a frequent other meaning in a language of the pages are left
//! out: French "hier" is German for "here". Seasons are those of the northern hemisphere.

use std::sync::LazyLock;

/// A length of time, or a part of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Day,
    Week,
    Month,
    Year,
}

/// A meaning of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WordSense {
    /// Days from today: "yesterday" is -1.
    Day(i64),
    /// "last", before its noun.
    Last,
    /// "last", after its noun: "pasado".
    LastAfter,
    This,
    /// A word for the last one, or this one, such as 上周.
    LastOf(Unit),
    ThisOf(Unit),
    Unit(Unit),
    Weekend,
    Night,
    /// "morning", which with "this" is today.
    Daytime,
    /// From Monday, 0.
    Weekday(i8),
    /// From January, 1.
    Month(i8),
    /// From spring, 0.
    Season(i8),
    Number(i64),
    /// "ago", before or after the time.
    AgoBefore,
    AgoAfter,
    In,
    Article,
    Of,
}

use WordSense::{
    AgoAfter, AgoBefore, Article, Day, Daytime, In, Last, LastAfter, LastOf, Month, Night, Number, Of, Season, This,
    ThisOf, Weekday, Weekend,
};

/// Words and phrases, separated by commas.
const WORDS: &[(WordSense, &str)] = &[
    (
        Day(0),
        "today, tonight, heute, hoy, aujourd'hui, oggi, hoje, vandaag, dziś, dzisiaj, сегодня, bugün, 今天, 今日, 오늘, आज",
    ),
    (
        Day(-1),
        "yesterday, gestern, ayer, anoche, ieri, ontem, gisteren, gisteravond, wczoraj, вчера, dün, 昨天, 昨晚, 昨日, 昨夜, ゆうべ, 어제, 어젯밤, أمس",
    ),
    (
        Day(-2),
        "day before yesterday, vorgestern, anteayer, antier, avant-hier, altro ieri, anteontem, eergisteren, przedwczoraj, позавчера, evvelsi gün, 前天, 一昨日, おととい, 그저께",
    ),
    (
        Last,
        "last, past, letzte, letzten, letzter, letztes, letztem, vorige, vorigen, voriger, voriges, vergangene, vergangenen, vergangener, vergangenes, \
        último, última, últimos, últimas, pasado, pasada, ultimo, ultima, ultimi, ultime, scorso, scorsa, dernier, dernière, derniers, dernières, \
        vorig, afgelopen, laatste, zeszły, zeszłym, zeszłego, zeszłej, ostatni, ostatnie, ostatnich, прошлый, прошлой, прошлую, прошлом, прошлого, прошлое, \
        последние, последних, последний, geçen, son, 过去, 最近, 過去, ここ, 지난, 최근, पिछले, पिछली, पिछला",
    ),
    (
        LastAfter,
        "pasado, pasada, pasados, pasadas, passado, passada, dernier, dernière, derniers, dernières, passé, passée, scorso, scorsa, scorsi, scorse, \
        الماضي, الماضية",
    ),
    (
        This,
        "this, diese, dieser, diesen, diesem, dieses, heute, este, esta, ce, cet, cette, questo, questa, neste, nesta, deze, dit, tym, tego, tę, \
        этот, эту, этой, этом, bu, 이번",
    ),
    (LastOf(Unit::Week), "tydzień temu, неделю назад, 上周, 上星期, 上个星期, 上礼拜, 先週, 지난주"),
    (LastOf(Unit::Month), "miesiąc temu, месяц назад, 上个月, 上月, 先月, 지난달"),
    (LastOf(Unit::Year), "rok temu, год назад, 去年, 昨年, 작년, 지난해"),
    (ThisOf(Unit::Week), "本周, 这周, 这个星期, 今週"),
    (ThisOf(Unit::Month), "本月, 这个月, 今月"),
    (ThisOf(Unit::Year), "quest'anno, 今年, 올해"),
    (
        WordSense::Unit(Unit::Day),
        "day, days, tag, tage, tagen, día, días, dia, dias, jour, jours, giorno, giorni, dag, dagen, dzień, dni, день, дня, дней, gün, \
        天, 日, 日間, 일, दिन",
    ),
    (
        WordSense::Unit(Unit::Week),
        "week, weeks, woche, wochen, semana, semanas, semaine, semaines, settimana, settimane, weken, tydzień, tygodnie, tygodni, tygodniu, \
        неделя, недели, недель, неделю, неделе, hafta, 周, 个星期, 星期, 週間, 주, 주일, أسبوع, أسابيع, الأسبوع, हफ्ते, सप्ताह",
    ),
    (
        WordSense::Unit(Unit::Month),
        "month, months, monat, monate, monaten, mes, meses, mois, mese, mesi, mês, maand, maanden, miesiąc, miesiące, miesięcy, miesiącu, \
        месяц, месяца, месяцев, месяце, ay, 个月, ヶ月, か月, カ月, 달, 개월, شهر, أشهر, الشهر, महीने",
    ),
    (
        WordSense::Unit(Unit::Year),
        "year, years, jahr, jahre, jahren, año, años, an, ans, année, années, anno, anni, ano, anos, jaar, rok, roku, lata, lat, \
        год, года, году, лет, yıl, 年, 年間, 년, سنة, سنوات, العام, السنة, साल",
    ),
    (
        Weekend,
        "weekend, wochenende, fin de semana, fim de semana, week-end, fine settimana, weekendje, выходные, hafta sonu, 周末, 週末, 주말",
    ),
    (Night, "night, evening, nacht, abend, noche, nuit, soir, notte, sera, noite, avond, noc, ночь, gece"),
    (
        Daytime,
        "morning, afternoon, noon, evening, night, morgen, vormittag, mittag, nachmittag, abend, nacht, mañana, tarde, noche, matin, soir, nuit, \
        mattina, pomeriggio, sera, manhã, noite, ochtend, middag, avond, утро, вечер, sabah, akşam",
    ),
    (
        Weekday(0),
        "monday, montag, lunes, lundi, lunedì, segunda-feira, maandag, poniedziałek, понедельник, pazartesi, 星期一, 周一, 月曜日, 月曜, 월요일, الاثنين, सोमवार",
    ),
    (
        Weekday(1),
        "tuesday, dienstag, martes, mardi, martedì, terça-feira, dinsdag, wtorek, вторник, salı, 星期二, 周二, 火曜日, 火曜, 화요일, الثلاثاء, मंगलवार",
    ),
    (
        Weekday(2),
        "wednesday, mittwoch, miércoles, mercredi, mercoledì, quarta-feira, woensdag, środa, środę, среда, среду, çarşamba, 星期三, 周三, 水曜日, 水曜, 수요일, الأربعاء, बुधवार",
    ),
    (
        Weekday(3),
        "thursday, donnerstag, jueves, jeudi, giovedì, quinta-feira, donderdag, czwartek, четверг, perşembe, 星期四, 周四, 木曜日, 木曜, 목요일, الخميس, गुरुवार",
    ),
    (
        Weekday(4),
        "friday, freitag, viernes, vendredi, venerdì, sexta-feira, vrijdag, piątek, пятница, пятницу, cuma, 星期五, 周五, 金曜日, 金曜, 금요일, الجمعة, शुक्रवार",
    ),
    (
        Weekday(5),
        "saturday, samstag, sonnabend, sábado, samedi, sabato, zaterdag, sobota, sobotę, суббота, субботу, cumartesi, 星期六, 周六, 土曜日, 土曜, 토요일, السبت, शनिवार",
    ),
    (
        Weekday(6),
        "sunday, sonntag, domingo, dimanche, domenica, zondag, niedziela, niedzielę, воскресенье, pazar, 星期日, 星期天, 周日, 日曜日, 日曜, 일요일, الأحد, रविवार",
    ),
    (
        Month(1),
        "january, januar, jänner, janvier, enero, gennaio, janeiro, januari, styczeń, styczniu, stycznia, январь, январе, января, ocak, ocakta, 1月, 一月, 1월",
    ),
    (
        Month(2),
        "february, februar, février, febrero, febbraio, fevereiro, februari, luty, lutym, lutego, февраль, феврале, февраля, şubat, şubatta, 2月, 二月, 2월",
    ),
    (
        Month(3),
        "march, märz, mars, marzo, março, maart, marzec, marcu, marca, март, марте, марта, mart, martta, 3月, 三月, 3월",
    ),
    (
        Month(4),
        "april, avril, abril, aprile, kwiecień, kwietniu, kwietnia, апрель, апреле, апреля, nisan, nisanda, 4月, 四月, 4월",
    ),
    (Month(5), "may, mai, mayo, maggio, maio, mei, maj, maju, maja, май, мае, мая, mayıs, mayısta, 5月, 五月, 5월"),
    (
        Month(6),
        "june, juni, juin, junio, giugno, junho, czerwiec, czerwcu, czerwca, июнь, июне, июня, haziran, haziranda, 6月, 六月, 6월",
    ),
    (
        Month(7),
        "july, juli, juillet, julio, luglio, julho, lipiec, lipcu, lipca, июль, июле, июля, temmuz, temmuzda, 7月, 七月, 7월",
    ),
    (
        Month(8),
        "august, août, agosto, augustus, sierpień, sierpniu, sierpnia, август, августе, августа, ağustos, ağustosta, 8月, 八月, 8월",
    ),
    (
        Month(9),
        "september, septembre, septiembre, settembre, setembro, wrzesień, wrześniu, września, сентябрь, сентябре, сентября, eylül, eylülde, 9月, 九月, 9월",
    ),
    (
        Month(10),
        "october, oktober, octobre, octubre, ottobre, outubro, październik, październiku, października, октябрь, октябре, октября, ekim, ekimde, 10月, 十月, 10월",
    ),
    (
        Month(11),
        "november, novembre, noviembre, novembro, listopad, listopadzie, listopada, ноябрь, ноябре, ноября, kasım, kasımda, 11月, 十一月, 11월",
    ),
    (
        Month(12),
        "december, dezember, décembre, diciembre, dicembre, dezembro, grudzień, grudniu, grudnia, декабрь, декабре, декабря, aralık, aralıkta, 12月, 十二月, 12월",
    ),
    (
        Season(0),
        "spring, frühling, frühjahr, primavera, printemps, lente, voorjaar, wiosna, wiosnę, wiosny, весна, весну, весной, ilkbahar, 春天, 봄",
    ),
    (Season(1), "summer, sommer, verano, été, estate, verão, zomer, lato, lata, лето, летом, yaz, yazın, 夏天, 여름"),
    (
        Season(2),
        "autumn, fall, herbst, otoño, automne, autunno, outono, herfst, najaar, jesień, jesieni, осень, осенью, sonbahar, 秋天, 가을",
    ),
    (Season(3), "winter, invierno, hiver, inverno, zima, zimę, zimy, зима, зиму, зимой, kış, kışın, 冬天, 겨울"),
    (
        Number(1),
        "a, an, one, ein, eine, einem, einer, einen, un, una, uno, une, um, uma, een, jeden, один, одну, bir, 一, 한, एक",
    ),
    (Number(2), "two, zwei, dos, deux, due, dois, duas, twee, dwa, dwie, два, две, iki, 两, 二, 두, दो"),
    (Number(3), "three, drei, tres, trois, tre, três, drie, trzy, три, üç, 三, 세, तीन"),
    (Number(4), "four, vier, cuatro, quatre, quattro, quatro, cztery, четыре, dört, 四, 네, चार"),
    (Number(5), "five, fünf, cinco, cinq, cinque, vijf, pięć, пять, beş, 五, 다섯, पाँच"),
    (Number(6), "six, sechs, seis, sei, zes, sześć, шесть, altı, 六, 여섯, छह"),
    (Number(7), "seven, sieben, siete, sept, sette, sete, zeven, siedem, семь, yedi, 七, 일곱, सात"),
    (Number(8), "eight, acht, ocho, huit, otto, oito, osiem, восемь, sekiz, 八, 여덟, आठ"),
    (Number(9), "nine, neun, nueve, neuf, nove, negen, dziewięć, девять, dokuz, 九, 아홉, नौ"),
    (Number(10), "ten, zehn, diez, dix, dieci, dez, tien, dziesięć, десять, on, 十, 열, दस"),
    (AgoBefore, "vor, hace, il y a, há, قبل, منذ"),
    (AgoAfter, "ago, fa, atrás, geleden, temu, назад, önce, 前, 전, पहले"),
    (In, "in, on, during, im, am, en, em, na, au, nel, nella, op, w, в, во, 在"),
    (Article, "the, der, dem, den, die, das, el, la, le, il, lo, l, o, a, de, het, mes de, mois de, mês de, mese di"),
    (Of, "of, von, vom, des, de, del, della, di, do, da, du, van"),
];

/// The most words of a phrase above.
pub(super) const LONGEST: usize = 3;

/// Each word or phrase with each of its meanings, sorted. A hash map takes eight times the instructions to build, which the first
/// search of an instance pays.
static BY_WORDS: LazyLock<Vec<(&str, WordSense)>> = LazyLock::new(|| {
    let each = WORDS.iter().flat_map(|(meaning, words)| words.split(", ").map(move |word| (word, *meaning)));
    let mut by_words: Vec<_> = each.collect();
    by_words.sort_by_key(|(word, _)| *word);
    by_words
});

/// The meanings of a word or phrase in lower case, beside it.
pub(super) fn senses(words: &str) -> &'static [(&'static str, WordSense)] {
    let begin = BY_WORDS.partition_point(|(word, _)| *word < words);
    let end = BY_WORDS[begin..].iter().take_while(|(word, _)| *word == words).count();
    &BY_WORDS[begin..begin + end]
}

/// The number of bytes of the longest word of this vocabulary at the beginning of a text without spaces, or 0.
pub(super) fn longest_prefix(text: &str) -> usize {
    const CHARACTERS: usize = 6;
    let ends = text.char_indices().skip(1).map(|(at, _)| at).chain([text.len()]).take(CHARACTERS);
    ends.filter(|end| !senses(&text[..*end]).is_empty()).last().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_phrase_is_longer_than_the_longest() {
        let longest = BY_WORDS.iter().map(|(phrase, _)| phrase.split(' ').count()).max();
        assert_eq!(longest, Some(LONGEST));
    }

    #[test]
    fn words_are_written_as_queries_are_read() {
        for (meaning, words) in WORDS {
            for word in words.split(", ") {
                assert_eq!(word, word.to_lowercase(), "{meaning:?}");
                let is_plain =
                    word.trim() == word && !word.is_empty() && !word.contains([',', '\n']) && !word.contains("  ");
                assert!(is_plain, "{meaning:?}: {word:?}");
            }
        }
    }
}
