//! A browser: cookies, forms and the headers that browsers add.

use std::collections::BTreeMap;

use http::{Method, header};

use crate::{Answer, TestServer, server::ADDRESS};

/// A browser without cookies.
#[derive(Clone, Default)]
pub struct Browser {
    /// Cookies by name.
    pub cookies: BTreeMap<String, String>,
    /// Its IP address and port, if it is not that of other browsers.
    pub address: Option<String>,
}

/// A form of a page with its hidden fields and selected options.
#[derive(Clone, Debug)]
pub struct PageForm {
    /// The path it is sent to.
    pub action: String,
    /// Hidden fields and selected options with their values.
    pub fields: Vec<(String, String)>,
    /// The names of all fields and buttons.
    pub names: Vec<String>,
    /// The WebAuthn options of a passkey form.
    pub options: Option<String>,
    /// `true` for a form with a file field named `file`.
    multipart: bool,
}

impl PageForm {
    /// Encodes the form. `typed` adds fields and replaces those of the page. Returns the content type and the body.
    pub fn encode(&self, typed: &[(&str, &str)]) -> (&'static str, String) {
        let fields = self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let fields = fields.filter(|(name, _)| typed.iter().all(|(other, _)| other != name));
        let fields = fields.chain(typed.iter().copied());
        if !self.multipart {
            let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
            return ("application/x-www-form-urlencoded", body);
        }
        let part = |(name, value): (&str, &str)| {
            let file = if name == "file" { "; filename=\"memories.jsonl\"" } else { "" };
            format!("--part\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n{value}\r\n")
        };
        ("multipart/form-data; boundary=part", fields.map(part).collect::<String>() + "--part--\r\n")
    }
}

impl Browser {
    /// Opens a path. The response is no server error.
    pub async fn open(&mut self, server: &TestServer, path: &str) -> Answer {
        self.try_open(server, path).await.not_failed()
    }

    /// Opens a path and returns any response.
    pub async fn try_open(&mut self, server: &TestServer, path: &str) -> Answer {
        let headers = [(header::COOKIE.as_str(), self.cookie_header())];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        let answer = server.ask_from(self.address(), Method::GET, path, &headers, "").await;
        self.keep_cookies(&answer);
        answer
    }

    /// Submits a form of a page of this server. The response is no server error.
    pub async fn submit(&mut self, server: &TestServer, form: &PageForm, typed: &[(&str, &str)]) -> Answer {
        self.try_submit(server, form, typed).await.not_failed()
    }

    /// Submits a form of a page of this server and returns any response.
    pub async fn try_submit(&mut self, server: &TestServer, form: &PageForm, typed: &[(&str, &str)]) -> Answer {
        let (content_type, body) = form.encode(typed);
        let headers = [
            ("cookie", self.cookie_header()),
            ("content-type", content_type.into()),
            ("sec-fetch-site", "same-origin".into()),
            ("origin", "null".into()),
        ];
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = server.ask_from(self.address(), Method::POST, &form.action, &headers, &body).await;
        self.keep_cookies(&answer);
        answer
    }

    /// Follows a redirect on this server.
    pub async fn follow(&mut self, server: &TestServer, answer: &Answer) -> Answer {
        self.open(server, answer.location()).await
    }

    /// The `Cookie` header.
    pub fn cookie_header(&self) -> String {
        let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    fn address(&self) -> &str {
        self.address.as_deref().unwrap_or(ADDRESS)
    }

    fn keep_cookies(&mut self, answer: &Answer) {
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().expect("ascii");
            let (pair, attributes) = cookie.split_once(';').expect("attributes");
            let (name, value) = pair.split_once('=').expect("a pair");
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.into(), value.into());
            }
        }
    }
}

impl Answer {
    /// The first form with an action that begins with `action`.
    pub fn form(&self, action: &str) -> PageForm {
        let found = self.forms().into_iter().find(|form| form.action.starts_with(action));
        found.unwrap_or_else(|| panic!("no form {action} in:\n{}", self.text()))
    }

    /// All forms of the page.
    pub fn forms(&self) -> Vec<PageForm> {
        let html = self.text();
        let attribute = |tag: &str, name: &str| {
            let start = tag.find(&format!("{name}=\""))? + name.len() + 2;
            Some(unescape(&tag[start..start + tag[start..].find('"')?]))
        };
        let forms = html.split("<form").skip(1).map(|rest| &rest[..rest.find("</form>").expect("an end")]);
        forms
            .map(|form| PageForm {
                action: attribute(form, "action").expect("an action"),
                names: form.split('<').filter_map(|tag| attribute(tag, " name")).collect(),
                options: attribute(form, "data-options"),
                multipart: attribute(form, "enctype").is_some(),
                fields: form
                    .split("<input ")
                    .filter_map(|rest| rest.split_once('>'))
                    .map(|(tag, _)| tag)
                    .filter(|tag| is_sent_by_default(tag))
                    .map(|tag| (attribute(tag, "name").expect("a name"), attribute(tag, "value").expect("a value")))
                    .collect(),
            })
            .collect()
    }
}

/// `true` for an input that a browser sends although the user has not touched it.
fn is_sent_by_default(tag: &str) -> bool {
    tag.starts_with("type=\"hidden\"") || (tag.starts_with("type=\"radio\"") && tag.ends_with(" checked"))
}

fn unescape(text: &str) -> String {
    text.replace("&#34;", "\"").replace("&#60;", "<").replace("&#62;", ">").replace("&#39;", "'").replace("&#38;", "&")
}
