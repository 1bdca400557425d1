//! The link that creates the first account of a stack, as a custom resource of CloudFormation.
//!
//! A stack with the parameter `OwnerEmail` has one resource `OwnerLink`. When it is created or changed, this function creates a
//! one-time link, and the stack shows it in its outputs. Everyone who may describe the stack can read it, so it works for 72 hours
//! and while there is no account, and the address of the account cannot be changed. A link for another address ends the former one.
//!
//! CloudFormation waits for an upload to a presigned URL. A stack must not fail for want of an account, so the response always
//! succeeds: if there is no link, the output says why and how to get one. A repeated request gets another link.

mod protocol;
mod settings;

use jean_auth::{public_url::PublicUrl, secret::PasswordLink as LinkSecret, user::Email};
use jean_runtime::{
    Clock, Platform, Random, StartError,
    presigned::{InvalidUrl, UploadError, Uploads},
};
use jean_store::{
    StoreError, Table,
    password_links::{PasswordLink, PasswordLinks},
    users::Users,
};
use jiff::SignedDuration;

use crate::settings::Settings;

pub use crate::protocol::{Operation, Properties, ResourceRequest};

/// Lifetime of the link: an operator may open it days after the deployment.
const LIFETIME: SignedDuration = SignedDuration::from_hours(72);

/// The function's state.
#[derive(Debug)]
pub struct Owner {
    public_url: PublicUrl,
    users: Users,
    links: PasswordLinks,
    uploads: Uploads,
    clock: Clock,
    random: Random,
}

/// A request that could not be answered. Lambda sends it again.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// The URL of the response is not one of CloudFormation's.
    #[error(transparent)]
    Url(#[from] InvalidUrl),
    /// The upload failed.
    #[error(transparent)]
    Upload(#[from] UploadError),
}

/// The reason why there is no link.
#[derive(Debug, thiserror::Error)]
enum NoLink {
    #[error("the email address is invalid")]
    InvalidEmail,
    #[error("there is an account already, or has been one")]
    HasAccount,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Owner {
    /// Opens the table.
    ///
    /// # Errors
    /// [`StartError`] if a setting is missing or invalid.
    pub fn start(platform: &Platform, uploads: Uploads) -> Result<Self, StartError> {
        let Settings { public_url, users_table } = Settings::from_env(&platform.environment)?;
        let table = Table::new(&platform.aws, &users_table);
        Ok(Self {
            public_url,
            users: Users::new(table.clone()),
            links: PasswordLinks::new(table),
            uploads,
            clock: platform.clock.clone(),
            random: platform.random.clone(),
        })
    }

    /// Performs a request and uploads the response.
    ///
    /// # Errors
    /// [`Unanswered`] if CloudFormation cannot be answered.
    pub async fn respond(&self, request: ResourceRequest) -> Result<(), Unanswered> {
        // Before anything is stored: a foreign URL would receive the link.
        let url = request.response_url.parse()?;
        let output = match request.request_type {
            // Accounts stay, as the tables do. An unused link expires.
            Operation::Delete => String::new(),
            Operation::Create | Operation::Update => self.output(&request).await,
        };
        let response = serde_json::to_string(&request.success(output)).expect("a response is plain data");
        Ok(self.uploads.put(&url, response).await?)
    }

    /// The text of the output: the link, or the reason why there is none and the command that creates an account.
    async fn output(&self, request: &ResourceRequest) -> String {
        let email = request.resource_properties.owner_email.as_str();
        match self.link(email).await {
            Ok(url) => {
                tracing::info!("link for the first account created");
                url
            }
            Err(reason) => {
                tracing::warn!(%reason, "no link for the first account created");
                let account = self.public_url.join("/account");
                let stack = request.stack_name();
                match reason {
                    NoLink::HasAccount => format!(
                        "None: {reason}. Sign in at {account}, or add another owner: jean user add EMAIL --owner --stack {stack}"
                    ),
                    _ => format!("None: {reason}. Add an account: jean user add EMAIL --owner --stack {stack}"),
                }
            }
        }
    }

    /// Creates a link.
    async fn link(&self, email: &str) -> Result<String, NoLink> {
        let email: Email = email.parse().map_err(|_| NoLink::InvalidEmail)?;
        if self.users.had_first().await? {
            return Err(NoLink::HasAccount);
        }
        let secret = LinkSecret::new(self.random.bytes());
        let link = PasswordLink::of_first(email, self.clock.now() + LIFETIME);
        self.links.create(&link, &secret.hash()).await?;
        Ok(self.public_url.join(&secret.path()))
    }
}
