//! HTML pages: frame, branding, languages and forms.
//!
//! A function renders its own template with [`page::page`], which adds the frame, the operator's [`Branding`] and the
//! security headers. Errors become a [`page::MessagePage`]. The texts of all functions are in `translations/`.
//!
//! Non-goals: this crate reads no tables and makes no decisions about sign-in; functions that render no pages do not
//! depend on it.
//!
//! | module | content |
//! |---|---|
//! | [`page`] | the frame of a page, message pages, redirects |
//! | [`account`] | the frame of the account pages, and the redirect to sign in |
//! | [`texts`] | every text in every [`Language`] |
//! | [`session_cookie`] | the session cookie and the attributes of all cookies |
//! | [`AccessChoice`] | the access of an app or API key, as the pages offer it |
//! | [`Confirmation`] | the effect of a form, on the page after it |
//! | [`FieldProblem`] | the reason why a form was rejected, at its field |
//! | [`ConnectGuide`] | how to connect each client |
//! | [`SameOriginForm`] | forms that another site cannot submit |
//! | [`dates`], [`client_name()`] | times, and the names of connected apps, as the pages show them |
//!
//! ```
//! use jean_pages::{Language, Texts};
//!
//! assert_eq!(Language::De.tag(), "de");
//! assert_eq!(Texts::of(Language::De).not_found_title(), "Seite nicht gefunden");
//! ```

mod access_choice;
pub mod account;
mod branding;
mod client_name;
mod confirmation;
mod connect_guide;
pub mod dates;
mod field_problem;
mod language;
pub mod page;
mod same_origin_form;
pub mod session_cookie;
pub mod texts;

pub use access_choice::{AccessChoice, UnknownChoice};
pub use branding::Branding;
pub use client_name::client_name;
pub use confirmation::Confirmation;
pub use connect_guide::ConnectGuide;
pub use field_problem::FieldProblem;
pub use language::Language;
pub use same_origin_form::{FormRejection, SameOriginForm, Sender, StaleForm};
pub use texts::{Markup, Texts};
