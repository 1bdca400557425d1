//! A check of the start: can this computer fetch client metadata documents (C1)?
//!
//! Claude Code and Codex identify themselves by the URL of a document if the server accepts such identifiers, and cannot
//! connect if the server cannot fetch it. Behind a proxy or without internet access, clients have to register instead.

use std::time::Duration;

use jean_authorize::{Documents, FetchError};
use tokio::time::timeout;

/// The time for a first request, which every start waits for.
const PATIENCE: Duration = Duration::from_secs(2);

/// When client metadata documents are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum MetadataDocuments {
    /// If one can be fetched at the start
    #[default]
    Auto,
    /// Always
    On,
    /// Never, so that every client registers
    Off,
}

impl MetadataDocuments {
    /// The value of the template's parameter `ClientMetadataDocuments`, and the reason if the web cannot be reached.
    pub(super) async fn decide(self, documents: &Documents) -> (&'static str, Option<String>) {
        match self {
            Self::On => ("on", None),
            Self::Off => ("off", None),
            Self::Auto => match timeout(PATIENCE, documents.probe()).await.unwrap_or(Err(FetchError::TimedOut)) {
                Ok(()) => ("on", None),
                Err(error) => ("off", Some(error.to_string())),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use bytes::Bytes;
    use http::Response;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn documents_are_accepted_if_one_can_be_fetched() {
        let answered = Documents::new(async |_| Ok(Response::new(Bytes::from_static(b"{}"))));
        let refused = Documents::new(async |_| Err(FetchError::Lookup(io::Error::other("no such host"))));
        let silent = Documents::new(async |_| std::future::pending().await);
        assert_eq!(MetadataDocuments::Auto.decide(&answered).await, ("on", None));
        for (documents, reason) in [(&refused, "cannot resolve the host: no such host"), (&silent, "no response")] {
            let (value, because) = MetadataDocuments::Auto.decide(documents).await;
            assert_eq!(value, "off");
            assert!(because.as_deref().is_some_and(|because| because.contains(reason)), "{because:?}");
            assert_eq!(MetadataDocuments::On.decide(documents).await, ("on", None));
        }
        assert_eq!(MetadataDocuments::Off.decide(&answered).await, ("off", None));
    }
}
