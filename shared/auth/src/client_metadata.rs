//! Client ID Metadata Documents (draft-ietf-oauth-client-id-metadata-document): a client whose id is an `https` URL, and
//! who is described by what is found there (AS-04). Sections are cited as they stand in revision 02.
//!
//! Anybody may name any URL, before anybody has signed in, and this server goes there. So what is asked is a narrow
//! thing: [`DocumentUrl`] says which URLs are ids at all, [`is_public`] which addresses may be connected to, and
//! [`Description::read`] what a document has to say to be believed. Going there is the caller's.

mod address;
mod description;
mod document_url;
mod freshness;

pub use address::is_public;
pub use description::{Description, InvalidDocument};
pub use document_url::DocumentUrl;
pub use freshness::{CacheHeaders, LONGEST_LIFETIME, SHORTEST_LIFETIME};
