//! What the page says, in each language. A text that is missing in one of them does not compile.

mod de;
mod en;

use jean_pages::Language;

pub(crate) struct Texts {
    pub(crate) about: &'static str,
    pub(crate) title: &'static str,
    pub(crate) add: &'static str,
    pub(crate) in_claude_code: &'static str,
    pub(crate) shared: &'static str,
}

impl Texts {
    pub(crate) fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &en::TEXTS,
            Language::German => &de::TEXTS,
        }
    }
}
