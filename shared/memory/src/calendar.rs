//! Names of months.

use std::{collections::HashMap, sync::LazyLock};

/// English, German, French, Spanish, Italian, Portuguese and Dutch names, and short forms.
const MONTHS: [&[&str]; 12] = [
    &["january", "januar", "jänner", "janvier", "enero", "gennaio", "janeiro", "januari", "jan"],
    &["february", "februar", "février", "febrero", "febbraio", "fevereiro", "februari", "feb"],
    &["march", "märz", "mars", "marzo", "março", "maart", "mar", "mär"],
    &["april", "avril", "abril", "aprile", "apr"],
    &["may", "mai", "mayo", "maggio", "maio", "mei"],
    &["june", "juni", "juin", "junio", "giugno", "junho", "jun"],
    &["july", "juli", "juillet", "julio", "luglio", "julho", "jul"],
    &["august", "août", "agosto", "augustus", "aug"],
    &["september", "septembre", "septiembre", "settembre", "setembro", "sept", "sep"],
    &["october", "oktober", "octobre", "octubre", "ottobre", "outubro", "oct", "okt"],
    &["november", "novembre", "noviembre", "novembro", "nov"],
    &["december", "dezember", "décembre", "diciembre", "dicembre", "dezembro", "dec", "dez"],
];

/// The number of a month, by its name in lower case.
pub(crate) fn month(word: &str) -> Option<i8> {
    static BY_NAME: LazyLock<HashMap<&str, i8>> = LazyLock::new(|| {
        (1..).zip(MONTHS).flat_map(|(month, names)| names.iter().map(move |name| (*name, month))).collect()
    });
    BY_NAME.get(word).copied()
}
