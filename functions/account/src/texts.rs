//! What the pages say, in each language. A text that is missing in one of them does not compile.

mod de;
mod en;

use web::Language;

/// Every text. Those of two or three parts stand around what is known only later, and notices have a title and a text.
pub(crate) struct Texts {
    pub(crate) your_account: &'static str,
    pub(crate) apps: &'static str,
    pub(crate) signed_in_as: &'static str,
    pub(crate) sign_out: &'static str,
    pub(crate) connect: (&'static str, &'static str),
}

impl Texts {
    pub(crate) fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &en::TEXTS,
            Language::German => &de::TEXTS,
        }
    }
}
