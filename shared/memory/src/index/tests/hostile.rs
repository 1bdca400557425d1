//! The cost of hostile texts.

use super::{entry, segment};

/// Texts of at least 30,000 bytes without prose.
fn hostile_texts() -> [(&'static str, String); 10] {
    let mut state = 1u64;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    let mut any = |alphabet: &str, length: usize| -> String {
        let alphabet: Vec<_> = alphabet.chars().collect();
        (0..length).map(|_| alphabet[next() % alphabet.len()]).collect()
    };
    let base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let lines = |text: String| text.as_bytes().chunks(76).map(String::from_utf8_lossy).collect::<Vec<_>>().join("\n");
    [
        ("base64", any(base64, 30_000)),
        ("base64 in lines", lines(any(base64, 30_000))),
        ("hexadecimal", any("0123456789abcdef", 30_000)),
        ("one word", any("abcdefghijklmnop", 30_000)),
        ("distinct words", (0..5000).map(|_| format!("{} ", any("abcdefghijklmnopqrstuvwxyz", 5))).collect()),
        ("one word again and again", "tea ".repeat(7500)),
        ("minified", (0..3000).map(|_| format!("{}.{}(", any("abcdef", 1), any("abcdefgh", 6))).collect()),
        ("opening parentheses", format!("{}{}", "(".repeat(32_000), "a-".repeat(16_000))),
        ("combining marks", (0..30).map(|_| format!("a{} ", any("\u{301}\u{302}\u{303}", 500))).collect()),
        (
            "log",
            (0..500)
                .map(|at| {
                    format!("2026-11-27T10:00:{:02}.{at:03}Z INFO id={} ok\n", at % 60, any("0123456789abcdef", 16))
                })
                .collect(),
        ),
    ]
}

/// SR-03
#[test]
fn hostile_text_takes_at_most_three_times_the_bytes_of_prose() {
    let prose = include_str!("prose.txt");
    let bytes = |text: &str| {
        let segment = segment(&[entry(1, text)]);
        segment.pack().expect("well formed").len() as f64 / text.len() as f64
    };
    let of_prose = bytes(prose);
    for (kind, text) in hostile_texts() {
        assert!(bytes(&text) <= 3.0 * of_prose, "{kind}: {} of {of_prose}", bytes(&text));
    }
}
