//! What every function's pages say, in each language.

mod de;
mod en;

use crate::Language;

/// Every text. Notices have a title and a text.
pub(crate) struct Texts {
    pub(crate) reference: &'static str,
    pub(crate) cross_site: (&'static str, &'static str),
    pub(crate) unreadable: (&'static str, &'static str),
    pub(crate) our_failure: (&'static str, &'static str),
}

impl Texts {
    pub(crate) fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &en::TEXTS,
            Language::German => &de::TEXTS,
        }
    }
}
