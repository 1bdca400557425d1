//! Repair of JSON that programs write although it is none, and of truncated files (TO-34).

use std::borrow::Cow;

/// Repairs JSON that has one reading only. Returns `None` if there is nothing to repair.
///
/// | found | becomes |
/// |---|---|
/// | `NaN`, which Python writes by default | `null` |
/// | `Infinity` | a string, which no field takes for a number |
/// | a control character in a string, such as a line break | its escape |
/// | two objects of a list without a comma between them | the objects with a comma |
/// | a comma after a value of JSON Lines | a space |
///
/// The lines keep their numbers.
pub(crate) fn repaired(json: &str) -> Option<String> {
    const WORDS: [(&str, &str); 3] = [("NaN", "null"), ("-Infinity", "\"-Infinity\""), ("Infinity", "\"Infinity\"")];
    let (mut result, mut copied, mut scanner) = (String::with_capacity(json.len()), 0, Scanner::default());
    // The open brackets, `true` after an object, and the number of line breaks in the present string.
    let (mut open, mut has_ended, mut breaks) = (Vec::new(), false, 0);
    for (at, byte) in json.bytes().enumerate() {
        let was_in_string = scanner.is_in_string;
        scanner.next(byte);
        let is_in_string = was_in_string || scanner.is_in_string;
        if at < copied || (!is_in_string && byte.is_ascii_whitespace()) {
            continue;
        }
        let is_after_object = std::mem::take(&mut has_ended);
        let (length, repair): (usize, Cow<'_, str>) = match byte {
            b'\0'..=0x1f if was_in_string => {
                breaks += usize::from(byte == b'\n');
                (1, format!("\\u{byte:04x}").into())
            }
            b'"' if !scanner.is_in_string && breaks > 0 => {
                (1, format!("\"{}", "\n".repeat(std::mem::take(&mut breaks))).into())
            }
            _ if is_in_string => continue,
            b'N' | b'I' | b'-' => match WORDS.into_iter().find(|(word, _)| json[at..].starts_with(word)) {
                Some((word, value)) => (word.len(), value.into()),
                None => continue,
            },
            b'{' if is_after_object && open.last() == Some(&b'[') => {
                open.push(byte);
                (1, ",{".into())
            }
            b',' if is_after_object && open.is_empty() => (1, " ".into()),
            b'{' | b'[' => {
                open.push(byte);
                continue;
            }
            b'}' | b']' => {
                open.pop();
                has_ended = byte == b'}';
                continue;
            }
            _ => continue,
        };
        result.push_str(&json[copied..at]);
        result.push_str(&repair);
        copied = at + length;
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
    fn json_with_one_reading_is_repaired() {
        for (json, expected) in [
            (r#"{"a":NaN,"b":[-Infinity, Infinity]}"#, Some(r#"{"a":null,"b":["-Infinity", "Infinity"]}"#)),
            (r#"{"a":"NaN \" Infinity","b":-1}"#, None),
            ("[{\"a\":\"b\n\tc\"},\n{}]", Some("[{\"a\":\"b\\u000a\\u0009c\"\n},\n{}]")),
            ("[{\"a\":{}}\n {\"b\":1}]", Some("[{\"a\":{}}\n ,{\"b\":1}]")),
            ("{\"a\":1},\n{\"b\":[{},{}]},\n", Some("{\"a\":1} \n{\"b\":[{},{}]} \n")),
            ("[{\"a\":1},]", None),
            ("{\"a\":{} {}}", None),
            ("{\"a\":1}\n{\"a\":2}", None),
        ] {
            assert_eq!(repaired(json).as_deref(), expected, "{json}");
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
