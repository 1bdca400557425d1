//! The user of the benchmark: connected through the functions, with memories written to the table directly.

use std::error::Error;

use http::{Request, StatusCode};
use jean_auth::user::UserId;
use jean_cli::form::HtmlForm;
use jean_memory::{AccessScope, Credential, Memory, MemoryId, Writer};
use jean_store::{
    Table,
    memories::{
        Memories,
        index::{Manifest, Opstamp},
    },
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{
    flow::{self, BrowserSession},
    generator::Generator,
    start::{Aws, Functions, email, response},
};

/// A user with a browser and a connected client.
pub(crate) struct LargeUser {
    pub(crate) user_id: UserId,
    pub(crate) browser: BrowserSession,
    pub(crate) token: String,
    pub(crate) generator: Generator,
    memories: Memories,
}

impl LargeUser {
    /// Signs in, and connects a registered client.
    pub(crate) async fn connect(
        aws: &Aws,
        functions: &mut Functions<'_>,
        client_id: &str,
        user_id: &str,
    ) -> Result<Self, Box<dyn Error>> {
        let mut browser = BrowserSession::default();
        let page = functions.send(browser.get(&flow::authorization(client_id))?).await?;
        browser.keep(&page)?;
        let form = flow::form(&page, |form| form.has("password"))?;
        let typed = [("email", email(user_id)), ("password", flow::PASSWORD.into())];
        let typed = typed.each_ref().map(|(name, value)| (*name, value.as_str()));
        let signed_in = functions.send(browser.post(&form, &typed, "")?).await?;
        browser.keep(&signed_in)?;
        let page = functions.send(browser.get(&flow::location(&signed_in)?)?).await?;
        browser.keep(&page)?;
        let form = flow::form(&page, |form| form.button("allow").is_some())?;
        let code = flow::code(&functions.send(browser.post(&form, &[], "allow")?).await?)?;
        let tokens = flow::tokens(&functions.send(flow::exchange(client_id, &code)?).await?)?;
        Ok(Self {
            user_id: user_id.parse()?,
            browser,
            token: tokens.access,
            generator: Generator::new(11),
            memories: Memories::new(Table::new(&aws.engine.aws(), "MemoriesTable")),
        })
    }

    /// Stores memories of the last years, the oldest first. Each has a word of its own, `mark` and its number.
    pub(crate) async fn fill(&mut self, count: usize) -> Result<(), Box<dyn Error>> {
        let scope = AccessScope::all(self.user_id.clone());
        let now = jean_runtime::Clock::of_system().now();
        let credential = Credential::Grant { client_id: "client_1".parse()?, grant_id: "grant1".parse()? };
        let written_by = Writer { client: "client".parse()?, host: None, credential };
        for number in 0..count {
            let at = now - SignedDuration::from_mins(10 * i64::try_from(count - number)?);
            let mut entropy = [0; 10];
            self.generator.fill(&mut entropy);
            let memory = Memory {
                id: MemoryId::new(at, entropy),
                text: format!("{} mark{number}", self.generator.text()),
                tags: vec![],
                source_url: None,
                occurred_at: None,
                created_at: Timestamp::from_second(at.as_second())?,
                written_by: written_by.clone(),
                updated_at: None,
                updated_by: None,
                document: None,
            };
            self.memories.add(&scope, memory).await?;
        }
        Ok(())
    }

    pub(crate) async fn manifest(&self) -> Result<Option<Manifest>, Box<dyn Error>> {
        Ok(self.memories.index(&self.user_id).await?.manifest)
    }

    /// The number of memories that segments of the current format contain.
    pub(crate) async fn indexed(&self) -> Result<u64, Box<dyn Error>> {
        let manifest = self.manifest().await?.filter(|manifest| manifest.older.is_none());
        Ok(manifest.map_or(0, |manifest| manifest.segments.iter().map(|segment| segment.memories).sum()))
    }

    /// Turns the index into one of November 2026.
    pub(crate) async fn age_index(&self) -> Result<(), Box<dyn Error>> {
        let manifest = self.manifest().await?.ok_or("no index")?;
        let version = Opstamp::new(jean_runtime::Clock::of_system().now(), [7; 10]);
        let (read, old) = (manifest.version, Manifest { version, format: 2, through: None, ..manifest });
        let is_published = self.memories.publish(&self.user_id, Some(read), &old).await?;
        if is_published { Ok(()) } else { Err("the index has changed".into()) }
    }

    /// `true` if items of memories are left.
    pub(crate) async fn has_memories(&self) -> Result<bool, Box<dyn Error>> {
        Ok(!self.memories.after(&self.user_id, None, 1).await?.0.is_empty())
    }

    pub(crate) fn search(&self, query: &str) -> Result<Request<String>, Box<dyn Error>> {
        flow::tool_call(&self.token, "search_memory", &json!({"query": query}))
    }

    pub(crate) fn addition(&mut self) -> Result<Request<String>, Box<dyn Error>> {
        flow::tool_call(&self.token, "add_memory", &json!({"text": self.generator.text()}))
    }

    /// The form that confirms the deletion of all memories, on the overview.
    pub(crate) fn confirmation(&self, overview: &Value) -> Result<Request<String>, Box<dyn Error>> {
        let page = response(overview)?;
        flow::expect(&page, StatusCode::OK)?;
        let is_meant = |form: &&HtmlForm| form.fields.iter().any(|field| field.name == "confirm");
        let mut form = flow::form(&page, is_meant)?;
        form.fields.retain(|field| field.name != "refuse");
        let stamp = form.fields.iter().find(|field| field.name == "confirm").ok_or("no button")?.value.clone();
        self.browser.post(&form, &[], &stamp)
    }
}
