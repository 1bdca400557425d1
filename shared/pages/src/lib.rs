//! The HTML pages: frame, branding, languages and same-origin forms.
//!
//! Linked by the functions that render pages, and by no other.

mod branding;
pub mod dates;
mod language;
pub mod page;
mod same_origin_form;
mod texts;

pub use branding::Branding;
pub use language::Language;
pub use same_origin_form::{FormRejection, SameOriginForm, is_same_origin};
