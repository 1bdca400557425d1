//! Odd values, and the places of a JSON request to put them in.

use serde_json::Value;

/// Texts of unusual length or alphabet. `seed` marks the long ones, so that those of a path, which is logged, are not
/// mistaken for those of a form, which must not be.
pub(super) fn odd(seed: &str) -> Vec<String> {
    let long = |text: &str, bytes: usize| format!("{seed}{}", text.repeat(bytes / text.len()));
    let mut values: Vec<String> = [
        " ",
        "\0",
        "a\0b",
        "\u{7f}",
        "\r\nx: y",
        "\u{202e}\u{200b}\u{feff}",
        "\u{fffe}\u{ffff}",
        "🧿👩‍👩‍👧‍👧",
        "..",
        "../../account",
        "%",
        "%ff",
        "%00",
        "{}",
        "[]",
        "\"",
        "'<>`",
        "a#b?c&d=e;f",
        "null",
        "-1",
        "999999999999999999999999",
        "USER#x",
        "jmc_",
        "a.b.c",
        "eyJhbGciOiJub25lIiwia2lkIjoiIn0.e30.",
        "http://[::1",
        "//evil.example",
        "http://localhost:3000/",
    ]
    .map(Into::into)
    .to_vec();
    values.extend([
        long("a", 200),
        long("a", 1100),
        long("a", 2500),
        long("ä", 3000),
        long("😀", 3000),
        long("%41", 3000),
        long("\u{301}", 2000),
        long("a", 9000),
        format!("{}@{seed}.example", "İ".repeat(110)),
        format!("{}@{seed}.example", "a".repeat(5000)),
        format!("jmc_{}", "A".repeat(43)),
        format!("jmr_{}", "A".repeat(3000)),
        format!("{}.{}.{}", "e".repeat(3000), "e", "e"),
    ]);
    values
}

/// The JSON pointers of all members and elements.
pub(super) fn places(request: &Value) -> Vec<String> {
    let inside = |name: String, value: &Value| {
        let below = places(value).into_iter().map(|place| format!("/{name}{place}"));
        [format!("/{name}")].into_iter().chain(below).collect::<Vec<_>>()
    };
    match request {
        Value::Object(members) => members.iter().flat_map(|(name, value)| inside(name.clone(), value)).collect(),
        Value::Array(elements) => {
            elements.iter().enumerate().flat_map(|(at, value)| inside(at.to_string(), value)).collect()
        }
        _ => vec![],
    }
}

/// The request with another value in one place.
pub(super) fn with(request: &Value, place: &str, value: Value) -> String {
    let mut request = request.clone();
    *request.pointer_mut(place).expect("a place") = value;
    request.to_string()
}

/// The members of a flat JSON object as a form.
pub(super) fn form(body: &str) -> String {
    let members: serde_json::Map<String, Value> = serde_json::from_str(body).expect("an object");
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), Into::into);
    let pairs = members.iter().map(|(name, value)| (name, text(value)));
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}
