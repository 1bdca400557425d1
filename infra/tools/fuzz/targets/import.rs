//! A file that somebody imports: whatever it is, it is read or refused; and each memory of it goes out as a line that is
//! read again as the same memory.
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
