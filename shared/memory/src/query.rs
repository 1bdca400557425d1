//! What may be asked for.

/// The longest query: a long question with room to spare.
const QUERY_BYTES: usize = 4096;
const LARGEST_LIMIT: u32 = 50;

/// How many memories are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(u32);

/// A search that can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    pub(crate) text: String,
    pub(crate) tags: Vec<String>,
    pub(crate) limit: Limit,
}

/// Why something can't be asked for, and what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQuery {
    /// There is no query.
    #[error("The query is empty. Write the words that the memory you look for would have.")]
    Empty,
    /// The query is a document.
    #[error("The query has more than {QUERY_BYTES} bytes. Ask for a few words instead.")]
    TooLong,
    /// Nothing or too much is wanted.
    #[error("The limit is 1 to {LARGEST_LIMIT}. Leave it out for {}.", Limit::default().0)]
    Limit,
}

impl Limit {
    /// Reads what a client sent.
    ///
    /// # Errors
    /// [`InvalidQuery::Limit`].
    pub fn new(limit: u32) -> Result<Self, InvalidQuery> {
        if (1..=LARGEST_LIMIT).contains(&limit) { Ok(Self(limit)) } else { Err(InvalidQuery::Limit) }
    }

    /// The number.
    pub fn get(self) -> usize {
        self.0 as usize
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(10)
    }
}

impl Query {
    /// Reads what a client sent. Only memories that have all of `tags` will be found.
    ///
    /// # Errors
    /// [`InvalidQuery`], for the client to correct.
    pub fn new(text: String, tags: Vec<String>, limit: Limit) -> Result<Self, InvalidQuery> {
        if text.trim().is_empty() {
            return Err(InvalidQuery::Empty);
        }
        if text.len() > QUERY_BYTES {
            return Err(InvalidQuery::TooLong);
        }
        let tags = tags.iter().map(|tag| tag.trim().to_lowercase()).collect();
        Ok(Self { text, tags, limit })
    }

    /// Whether these tags are what is asked for. Case makes no difference: nobody remembers theirs.
    pub(crate) fn wants(&self, tags: &[String]) -> bool {
        self.tags.iter().all(|wanted| tags.iter().any(|tag| tag.to_lowercase() == *wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_has_words_and_a_limit_is_1_to_50() {
        let query = |text: &str| Query::new(text.into(), vec![], Limit::default()).map(|_| ());
        assert_eq!(query("tea"), Ok(()));
        assert_eq!(query(" \n"), Err(InvalidQuery::Empty));
        assert_eq!(query(&"tea ".repeat(2000)), Err(InvalidQuery::TooLong));
        for (limit, valid) in [(0, false), (1, true), (50, true), (51, false)] {
            assert_eq!(Limit::new(limit).is_ok(), valid, "{limit}");
        }
        assert_eq!(InvalidQuery::Limit.to_string(), "The limit is 1 to 50. Leave it out for 10.");
    }

    #[test]
    fn all_tags_have_to_be_there_whatever_their_case() {
        let query = Query::new("tea".into(), vec!["Work".into(), "home ".into()], Limit::default()).expect("valid");
        assert!(query.wants(&["HOME".into(), "other".into(), "work".into()]));
        assert!(!query.wants(&["work".into()]));
    }
}
