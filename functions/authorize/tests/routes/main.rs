//! Tests of the routes, on the local stack. Each module tests the source file of the same name.

mod account_sign_in;
mod authorize;
mod consent;
mod disabled;
mod document_race;
mod documents;
mod pages;
mod passkeys;
mod password;
mod password_link;
mod sign_in;
mod sign_up;
mod throttling;
