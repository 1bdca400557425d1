//! A profile of a user, from their newest memories: the tags in use, the newest memories, and more on each frequent tag.
//! No model is needed, and the size is bounded whatever the user stores.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
};

use crate::{Memory, MemoryId, query::tag_form};

/// Tags of a profile.
const TAGS: usize = 20;
/// Newest memories of a profile.
const RECENT: usize = 10;
/// Frequent tags with memories of their own, and the number of these memories for each.
const TOPICS: usize = 5;
const MEMORIES_PER_TOPIC: usize = 2;
/// A tag is frequent from this number of memories.
const FREQUENT: usize = 2;

/// A profile of a user. No memory occurs twice in it, and of each document only one piece.
#[derive(Debug, PartialEq, Eq)]
pub struct Profile<'a> {
    /// The tags in use, most frequent first.
    pub tags: Vec<TagUse<'a>>,
    /// The newest memories, newest first.
    pub recent: Vec<&'a Memory>,
    /// Older memories with a frequent tag, in the order of [`tags`](Self::tags).
    pub topics: Vec<(&'a str, Vec<&'a Memory>)>,
}

/// A tag, and its use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TagUse<'a> {
    /// The tag.
    pub tag: &'a str,
    /// The number of memories with it.
    pub memories: usize,
    newest: MemoryId,
}

impl<'a> Profile<'a> {
    /// Builds a profile from memories, newest first.
    pub fn of(memories: &'a [Memory]) -> Self {
        let tags = tags(memories);
        let mut documents = HashSet::new();
        let mut shown = HashSet::new();
        let mut entries =
            memories.iter().filter(|memory| memory.document.as_ref().is_none_or(|piece| documents.insert(piece.id)));
        let recent: Vec<_> = entries.by_ref().take(RECENT).collect();
        let older: Vec<_> = entries.collect();
        let frequent = tags.iter().filter(|tag| tag.memories >= FREQUENT).take(TOPICS);
        let topics = frequent.map(|TagUse { tag, .. }| {
            let form = tag_form(tag);
            let tagged = older.iter().filter(|memory| memory.tags.iter().any(|own| tag_form(own) == form));
            (
                *tag,
                tagged.filter(|memory| shown.insert(memory.id)).take(MEMORIES_PER_TOPIC).copied().collect::<Vec<_>>(),
            )
        });
        let topics = topics.filter(|(_, memories)| !memories.is_empty()).collect();
        Self { topics, recent, tags: tags.into_iter().take(TAGS).collect() }
    }

    /// Completes the beginning, or another part, of a tag that is used in `memories`: those that begin with the text
    /// first, most frequent first.
    pub fn complete(memories: &'a [Memory], text: &str) -> Vec<&'a str> {
        let text = text.trim().to_lowercase();
        let tags = tags(memories).into_iter().map(|tag| tag.tag);
        let mut found: Vec<_> = tags.filter_map(|tag| tag.to_lowercase().find(&text).map(|at| (at > 0, tag))).collect();
        found.sort_by_key(|(is_inner, _)| *is_inner);
        found.into_iter().map(|(_, tag)| tag).collect()
    }
}

/// The spellings of a tag, with the number of their uses.
type Spellings<'a> = Vec<(&'a str, usize)>;

/// The tags in use: most frequent first, of equally frequent ones the one used last. Spellings that a filter does not
/// distinguish are one tag, in the most frequent spelling, of equally frequent ones the newest.
fn tags<'a>(memories: &'a [Memory]) -> Vec<TagUse<'a>> {
    let mut uses: HashMap<String, (TagUse<'a>, Spellings<'a>)> = HashMap::new();
    for memory in memories {
        let mut forms = HashSet::new();
        for (tag, form) in memory.tags.iter().map(|tag| (tag, tag_form(tag))) {
            let new = || (TagUse { tag, memories: 0, newest: memory.id }, vec![]);
            let (tag_use, spellings) = uses.entry(form.clone()).or_insert_with(new);
            tag_use.memories += usize::from(forms.insert(form));
            match spellings.iter_mut().find(|(spelling, _)| spelling == tag) {
                Some((_, count)) => *count += 1,
                None => spellings.push((tag, 1)),
            }
        }
    }
    let most_frequent = |(tag_use, spellings): (TagUse<'a>, Spellings<'a>)| {
        // Of equal counts, the last one is the maximum: the newest.
        let spelling = spellings.into_iter().rev().max_by_key(|(_, count)| *count);
        TagUse { tag: spelling.map_or(tag_use.tag, |(tag, _)| tag), ..tag_use }
    };
    let mut tags: Vec<_> = uses.into_values().map(most_frequent).collect();
    tags.sort_unstable_by_key(|tag| (Reverse((tag.memories, tag.newest)), tag.tag));
    tags
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::*;
    use crate::{Piece, Writer};

    /// Memories, newest first; `of_document` gives the number of the document that a memory is a piece of.
    fn memories(tags: &[&[&str]], of_document: impl Fn(usize) -> Option<usize>) -> Vec<Memory> {
        let id = |n: usize| {
            let age = SignedDuration::from_hours(i64::try_from(n).expect("small"));
            MemoryId::new(Timestamp::from_second(1_800_000_000).expect("valid") - age, [0; 10])
        };
        let memory = |(n, tags): (usize, &&[&str])| Memory {
            id: id(n),
            text: format!("memory {n}"),
            tags: tags.iter().map(|tag| (*tag).into()).collect(),
            source_url: None,
            occurred_at: None,
            created_at: Timestamp::UNIX_EPOCH,
            written_by: Writer::person(),
            updated_at: None,
            updated_by: None,
            document: of_document(n).map(|document| Piece {
                id: id(1000 + document),
                title: "Report".into(),
                part: 1,
                parts: 99,
            }),
        };
        tags.iter().enumerate().map(memory).collect()
    }

    fn texts<'a>(memories: &[&'a Memory]) -> Vec<&'a str> {
        memories.iter().map(|memory| memory.text.as_str()).collect()
    }

    /// TO-26
    #[test]
    fn profile_has_the_newest_and_more_on_frequent_tags() {
        let mut tags: Vec<&[&str]> = vec![&[]; RECENT];
        tags.extend([&["work"][..], &["home", "work"], &["home"], &["home"], &["home"], &["once"]]);
        let memories = memories(&tags, |_| None);
        let profile = Profile::of(&memories);
        assert_eq!(profile.recent.len(), RECENT);
        let used: Vec<_> = profile.tags.iter().map(|tag| (tag.tag, tag.memories)).collect();
        assert_eq!(used, [("home", 4), ("work", 2), ("once", 1)]);
        let topics: Vec<_> = profile.topics.iter().map(|(tag, memories)| (*tag, texts(memories))).collect();
        assert_eq!(topics, [("home", vec!["memory 11", "memory 12"]), ("work", vec!["memory 10"])]);
    }

    #[test]
    fn spellings_of_one_tag_are_counted_together() {
        let memories = memories(&[&["Work", "WORK"], &["work"], &["work"], &["café"], &["cafe\u{301}"]], |_| None);
        let tags: Vec<_> = Profile::of(&memories).tags.iter().map(|tag| (tag.tag, tag.memories)).collect();
        assert_eq!(tags, [("work", 3), ("café", 2)]);
    }

    /// TO-26
    #[test]
    fn document_takes_one_place() {
        let memories = memories(&vec![&[][..]; 60], |n| (n < 50).then_some(n / 25));
        assert_eq!(texts(&Profile::of(&memories).recent)[..3], ["memory 0", "memory 25", "memory 50"]);
    }

    /// TO-26
    #[test]
    fn size_is_bounded() {
        let names: Vec<String> = (0..200).map(|n| format!("tag{}", n % 40)).collect();
        let names: Vec<[&str; 1]> = names.iter().map(|name| [name.as_str()]).collect();
        let tags: Vec<&[&str]> = names.iter().map(|name| &name[..]).collect();
        let memories = memories(&tags, |_| None);
        let profile = Profile::of(&memories);
        assert_eq!((profile.tags.len(), profile.recent.len(), profile.topics.len()), (TAGS, RECENT, TOPICS));
        assert!(profile.topics.iter().all(|(_, memories)| memories.len() <= MEMORIES_PER_TOPIC));
        assert_eq!(Profile::of(&[]), Profile { tags: vec![], recent: vec![], topics: vec![] });
    }

    #[test]
    fn tags_are_completed_by_their_beginning_first() {
        let memories = memories(&[&["Homework"], &["work"], &["work", "garden"], &["Workshop"]], |_| None);
        assert_eq!(Profile::complete(&memories, " WORK"), ["work", "Workshop", "Homework"]);
        assert_eq!(Profile::complete(&memories, ""), ["work", "Homework", "garden", "Workshop"]);
        assert_eq!(Profile::complete(&memories, "x"), [""; 0]);
    }
}
