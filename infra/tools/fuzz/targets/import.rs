//! Import files: each is read or refused, and every imported memory survives an export and a second import.
#![no_main]

use jean_fuzz::now;
use jean_import::{Options, Source, read};
use jean_memory::transfer;
use libfuzzer_sys::fuzz_target;

/// Limit of an unpacked file, small enough for many runs per second.
const MAX_BYTES: usize = 1_000_000;

fuzz_target!(|file: &[u8]| {
    for (name, is_list) in [("memories.txt", false), ("", true)] {
        let options = Options { max_bytes: MAX_BYTES, is_list, ..Options::new(now()) };
        let Ok(import) = read(&[Source { name, bytes: file }], &options) else { continue };
        for memory in import.memories {
            let line = transfer::line(memory.memory());
            let again = read(&[Source { name: "memories.jsonl", bytes: line.as_bytes() }], &options);
            assert_eq!(again.expect("a line of ours").memories, [memory], "{line}");
        }
    }
});
