//! Corrupted index segments: a segment is built from the input, bytes of it are changed, and every operation on segments
//! returns a result or reports a malformed segment.
#![no_main]

use jean_fuzz::now;
use jean_memory::{
    Filter,
    index::{Entry, Segment, count_by_grant, merge, search},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, Vec<(u16, u8)>, &str)| {
    let (texts, changes, question) = input;
    let entry = |(id, text): (u128, &str)| Entry {
        id,
        text: text.into(),
        date: String::new(),
        previous: String::new(),
        tags: vec![text.chars().take(3).collect()],
        at: now(),
        client: "claude_abc123".into(),
        grant: format!("grant{}", id % 3),
        bytes: text.len() as u32,
    };
    let entries: Vec<_> = (1..).zip(texts.lines()).map(entry).collect();
    let whole = Segment::build(&entries);
    let mut bytes = whole.pack().expect("it was built");
    for (at, value) in changes {
        if let Some(byte) = bytes.get_mut(usize::from(at)) {
            *byte = value;
        }
    }
    let Ok(changed) = Segment::unpack(&bytes) else { return };
    let segments = [&whole, &changed];
    let nobody = |_, _| false;
    if let Ok(hits) = search(&segments, question, None, &Filter::default(), nobody, 10) {
        assert!(hits.len() <= 10);
    }
    let _ = count_by_grant(&segments, nobody);
    if let Ok(merged) = merge(&segments, nobody) {
        let merged = merged.pack().and_then(|bytes| Segment::unpack(&bytes));
        merged.expect("a merged segment is well formed");
    }
});
