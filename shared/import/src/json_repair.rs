//! Repair of JSON that programs write although it is none: numbers such as `NaN`, and truncated files (TO-34).

/// Replaces `NaN` by `null`, and `Infinity` by a string, which no field takes for a number. Returns `None` if there is none
/// of them. Python writes them by default.
pub(crate) fn with_numbers(json: &str) -> Option<String> {
    const WORDS: [(&str, &str); 3] = [("NaN", "null"), ("-Infinity", "\"-Infinity\""), ("Infinity", "\"Infinity\"")];
    if !json.contains("NaN") && !json.contains("Infinity") {
        return None;
    }
    let (mut result, mut copied, mut scanner) = (String::with_capacity(json.len()), 0, Scanner::default());
    for (at, byte) in json.bytes().enumerate() {
        scanner.next(byte);
        if scanner.is_in_string || at < copied || !matches!(byte, b'N' | b'I' | b'-') {
            continue;
        }
        if let Some((word, value)) = WORDS.into_iter().find(|(word, _)| json[at..].starts_with(word)) {
            result.push_str(&json[copied..at]);
            result.push_str(value);
            copied = at + word.len();
        }
    }
    result.push_str(&json[copied..]);
    (copied > 0).then_some(result)
}

/// Closes a truncated list of objects, after a `null` for the rest. Returns it with the position of the `null`, or
/// `None` if no object of the list is whole.
pub(crate) fn closed(json: &str) -> Option<(String, usize)> {
    let mut scanner = Scanner::default();
    // The open brackets, each with the end of the last object in it.
    let mut open: Vec<(u8, Option<usize>)> = Vec::new();
    for (at, byte) in json.bytes().enumerate() {
        let was_in_string = scanner.is_in_string;
        scanner.next(byte);
        match byte {
            _ if was_in_string || scanner.is_in_string => {}
            b'{' | b'[' => open.push((byte, None)),
            b'}' | b']' => {
                open.pop();
                if let Some((b'[', end)) = open.last_mut().filter(|_| byte == b'}') {
                    *end = Some(at + 1);
                }
            }
            _ => {}
        }
    }
    let depth = open.iter().position(|(_, end)| end.is_some())?;
    let end = open[depth].1?;
    let rest = &json[end..];
    let next = end + rest.find(|c: char| !c.is_whitespace() && c != ',').unwrap_or(rest.len());
    // The line breaks before the rest remain, so that it has its line.
    let between: String = json[end..next].chars().filter(|c| *c == '\n').collect();
    let mut result = format!("{},{between}", &json[..end]);
    let position = result.len();
    result.push_str("null");
    result.extend(open[..=depth].iter().rev().map(|(bracket, _)| if *bracket == b'{' { '}' } else { ']' }));
    Some((result, position))
}

/// Tells strings from the rest of JSON.
#[derive(Debug, Default)]
struct Scanner {
    is_in_string: bool,
    is_escaped: bool,
}

impl Scanner {
    fn next(&mut self, byte: u8) {
        match byte {
            _ if self.is_escaped => self.is_escaped = false,
            b'\\' if self.is_in_string => self.is_escaped = true,
            b'"' => self.is_in_string = !self.is_in_string,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_python_are_replaced_outside_of_strings() {
        for (json, expected) in [
            (r#"{"a":NaN,"b":[-Infinity, Infinity]}"#, Some(r#"{"a":null,"b":["-Infinity", "Infinity"]}"#)),
            (r#"{"a":"NaN \" Infinity","b":-1}"#, None),
        ] {
            assert_eq!(with_numbers(json).as_deref(), expected);
        }
    }

    #[test]
    fn list_is_closed_after_its_last_whole_object() {
        for (json, expected) in [
            (r#"[{"a":"]"},{"b":[{"c":1},{"#, Some(r#"[{"a":"]"},null]"#)),
            ("{\"x\":[{}],\"r\":[{\"a\":1},\n{\"b\":{\"c\":{}", Some("{\"x\":[{}],\"r\":[{\"a\":1},\nnull]}")),
            (r#"{"r":[{"a":1}"#, Some(r#"{"r":[{"a":1},null]}"#)),
            (r#"[{"a":1"#, None),
            (r#"{"a":{"b":{}"#, None),
        ] {
            assert_eq!(closed(json).map(|(closed, _)| closed).as_deref(), expected, "{json}");
        }
    }
}
