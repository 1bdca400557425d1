//! The HTML pages: frame, branding, languages and same-origin forms.
//!
//! Linked by the functions that render pages, and by no other.

pub mod dates;
mod language;
mod look;
pub mod page;
mod sent_form;
mod texts;

pub use language::Language;
pub use look::Look;
pub use sent_form::{SentForm, Unsent, is_same_origin};
