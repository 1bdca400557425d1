//! Import files: each is parsed or rejected, and every imported memory survives an export and a second import.
#![no_main]

use fuzz::now;
use jean_memory::transfer;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    let Ok(records) = transfer::read(file, now()) else { return };
    for memory in records.into_iter().filter_map(|record| record.memory.ok()) {
        let line = transfer::line(memory.memory());
        let again = transfer::read(line.as_bytes(), now()).expect("a line of ours");
        assert_eq!(again.into_iter().map(|record| record.memory).collect::<Vec<_>>(), [Ok(memory)], "{line}");
    }
});
