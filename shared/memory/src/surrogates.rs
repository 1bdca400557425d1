//! Repair of JSON with lone surrogates, which serde_json rejects.

/// Replaces the escapes of lone UTF-16 surrogates in JSON by the escape of U+FFFD, as the WHATWG encoders do. Returns
/// `None` if there is none. Programs that cut a text within a character produce them.
///
/// ```
/// use jean_memory::surrogates::replaced;
///
/// assert_eq!(replaced(r#""cake \ud83c""#).as_deref(), Some(r#""cake \ufffd""#));
/// assert_eq!(replaced(r#""cake \ud83c\udf70 \\ud83c""#), None);
/// ```
pub fn replaced(json: &str) -> Option<String> {
    let mut result = String::new();
    let (mut copied, mut at) = (0, 0);
    while let Some(found) = json[at..].find('\\') {
        let start = at + found;
        let Some(unit) = unit(json, start) else {
            // An escape of one character, which may be the backslash.
            at = start + 1 + json[start + 1..].chars().next().map_or(0, char::len_utf8);
            continue;
        };
        at = start + 6;
        match unit {
            0xd800..=0xdbff if self::unit(json, at).is_some_and(|low| (0xdc00..=0xdfff).contains(&low)) => at += 6,
            0xd800..=0xdfff => {
                result.push_str(&json[copied..start]);
                result.push_str("\\ufffd");
                copied = at;
            }
            _ => {}
        }
    }
    (copied > 0).then(|| result + &json[copied..])
}

/// The code unit of the escape `\uXXXX` at a position.
fn unit(json: &str, at: usize) -> Option<u16> {
    let digits = json.get(at..at + 6)?.strip_prefix("\\u")?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TO-22
    #[test]
    fn lone_surrogates_become_replacement_characters() {
        for (json, expected) in [
            (r#""\udf70\ud83c\udf70\ud83c\ud83c""#, Some("\u{fffd}\u{1f370}\u{fffd}\u{fffd}")),
            (r#""\ud83c\u00e9""#, Some("\u{fffd}é")),
            (r#""\ud83cé\\udf70\\""#, Some("\u{fffd}é\\udf70\\")),
            (r#""plain \u00e9 \\""#, None),
            (r#""\ud83c\udf70""#, None),
        ] {
            let text = replaced(json).map(|json| serde_json::from_str::<String>(&json).expect("JSON"));
            assert_eq!(text.as_deref(), expected, "{json}");
        }
        for json in ["\\", "\\u", "\\ud83", "\\ud83c", "\"\\ué000\"", "\\é"] {
            let _ = replaced(json);
        }
    }
}
