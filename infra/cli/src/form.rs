//! HTML forms as a browser reads them, for programs that go through the pages like a user.
//!
//! ```
//! use jean_cli::form::forms;
//!
//! let forms = forms(r#"<form action="/sign-in"><input type="hidden" name="token" value="x"><input type="email" name="email"></form>"#);
//! let sent = forms[0].filled(&[("email", "ada@example.org")], None);
//! assert_eq!(sent, [("token".into(), "x".into()), ("email".into(), "ada@example.org".to_string())]);
//! ```

use html5gum::{StartTag, Token, Tokenizer};

/// Maximum length of a page's text, in characters.
const TEXT_CHARS: usize = 240;

/// A form with its default values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HtmlForm {
    /// The action as written in the page; it may be relative.
    pub action: String,
    /// The controls, in document order.
    pub fields: Vec<Field>,
}

/// A control of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The `type` of an input, `submit` for a button.
    pub kind: String,
    /// The name. Controls without a name are not submitted.
    pub name: String,
    /// The default value.
    pub value: String,
    is_checked: bool,
}

impl HtmlForm {
    /// `true` if the form has a control of this type.
    pub fn has(&self, kind: &str) -> bool {
        self.fields.iter().any(|field| field.kind == kind)
    }

    /// Returns the submit button with this value.
    pub fn button(&self, value: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.kind == "submit" && field.value == value)
    }

    /// Returns the submitted pairs: hidden fields, checked boxes, values typed by the type of their field, and one button.
    pub fn filled(&self, typed: &[(&str, &str)], button: Option<&Field>) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        for field in &self.fields {
            let value = match field.kind.as_str() {
                "submit" | "button" | "image" | "reset" => continue,
                "checkbox" | "radio" if !field.is_checked => continue,
                kind => typed.iter().find(|(of, _)| *of == kind).map_or(field.value.as_str(), |(_, value)| value),
            };
            pairs.push((field.name.clone(), value.to_owned()));
        }
        pairs.extend(button.map(|button| (button.name.clone(), button.value.clone())));
        pairs.retain(|(name, _)| !name.is_empty());
        pairs
    }
}

/// Returns the forms of a page in document order.
pub fn forms(html: &str) -> Vec<HtmlForm> {
    let mut forms = Vec::new();
    let mut open: Option<HtmlForm> = None;
    for Ok(token) in Tokenizer::new(html) {
        match token {
            Token::StartTag(tag) if *tag.name == b"form" => {
                forms.extend(open.replace(HtmlForm { action: attribute(&tag, "action"), fields: Vec::new() }));
            }
            Token::StartTag(tag) => {
                if let (Some(form), Some(field)) = (&mut open, field(&tag)) {
                    form.fields.push(field);
                }
            }
            Token::EndTag(tag) if *tag.name == b"form" => forms.extend(open.take()),
            _ => {}
        }
    }
    forms.extend(open);
    forms
}

fn field(tag: &StartTag<()>) -> Option<Field> {
    let kind = match tag.name.as_slice() {
        b"input" => {
            Some(attribute(tag, "type").to_lowercase()).filter(|kind| !kind.is_empty()).unwrap_or("text".into())
        }
        b"button" => "submit".into(),
        _ => return None,
    };
    let is_checked = tag.attributes.contains_key(b"checked".as_slice());
    Some(Field { kind, name: attribute(tag, "name"), value: attribute(tag, "value"), is_checked })
}

fn attribute(tag: &StartTag<()>, name: &str) -> String {
    tag.attributes.get(name.as_bytes()).map(|value| String::from_utf8_lossy(value).into_owned()).unwrap_or_default()
}

/// Returns the visible text of a page from its heading on, in one line.
pub fn text(html: &str) -> String {
    let mut text = String::new();
    let (mut is_shown, mut is_unread) = (false, false);
    for Ok(token) in Tokenizer::new(html) {
        match token {
            Token::StartTag(tag) if *tag.name == b"h1" => is_shown = true,
            Token::StartTag(tag) => is_unread = [b"style".as_slice(), b"script"].contains(&tag.name.as_slice()),
            Token::EndTag(tag) => {
                is_unread = false;
                text.push_str(if *tag.name == b"h1" { ": " } else { " " });
            }
            Token::String(words) if is_shown && !is_unread => text.push_str(&String::from_utf8_lossy(&words)),
            _ => {}
        }
    }
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    // The reference is for operators; it identifies a log entry.
    let line = line.split(" Reference:").next().unwrap_or_default();
    line.chars().take(TEXT_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_submits_what_a_browser_submits() {
        let page = r#"<form action="/search"><input name=q></form>
            <form method="post" action="/sign-in?a=1&amp;b=2"><input type="hidden" name="token" value="x&quot;y">
            <input type=EMAIL name="email" value="old@example.org"/><input type='password' name='password'>
            <input type=checkbox name=ticked value=1 checked><input type=checkbox name=open value=1>
            <button name="decision" value="allow">Yes</button><button name="decision" value="deny">No</button></form>"#;
        let forms = forms(page);
        assert_eq!(forms.len(), 2);
        let form = forms.iter().find(|form| form.has("password")).expect("the second");
        assert_eq!(form.action, "/sign-in?a=1&b=2");
        let sent = form.filled(&[("email", "ada@example.org"), ("password", "p")], form.button("allow"));
        let sent: Vec<_> = sent.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            sent,
            [
                ("token", "x\"y"),
                ("email", "ada@example.org"),
                ("password", "p"),
                ("ticked", "1"),
                ("decision", "allow")
            ]
        );
    }

    #[test]
    fn page_text_is_one_line() {
        let page = "<style>p{}</style><title>T</title><h1>This link\n does not work</h1><p>Go &amp; ask.</p>";
        assert_eq!(text(page), "This link does not work: Go & ask.");
    }
}
