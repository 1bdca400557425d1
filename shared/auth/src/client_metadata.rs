//! Client ID Metadata Documents
//! ([draft](https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document), revision 02): the client id is an
//! `https` URL at which the client publishes its metadata (AS-04).
//!
//! An unauthenticated attacker can make this server fetch a URL, so the rules are narrow: [`DocumentUrl`] restricts the URLs,
//! [`is_public`] the addresses to connect to, and [`Description::read`] the documents. The caller performs the fetch.

mod address;
mod description;
mod document_url;
mod freshness;

pub use address::is_public;
pub use description::{Description, InvalidDocument};
pub use document_url::DocumentUrl;
pub use freshness::{CacheHeaders, LONGEST_LIFETIME, SHORTEST_LIFETIME};
