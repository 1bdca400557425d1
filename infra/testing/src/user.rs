//! Users: their accounts, credentials, consent and stored records.

use jean_auth::{
    api_key::IssuedApiKey,
    secret::{ApiKey, PasswordLink as LinkSecret},
    user::User,
};
use jean_store::{
    Table,
    account_access::{AccountAccess, Administrator},
    api_keys::{ApiKeys, KeyCreation},
    clients::Clients,
    grants::Grants,
    password_links::{PasswordLink, PasswordLinks},
    users::Users,
};
use jiff::SignedDuration;
use serde_json::Value;

use crate::{Answer, Browser, TestServer, server::EMAIL};

/// Claude's redirect URI.
pub const CALLBACK: &str = "https://claude.ai/api/mcp/auth_callback";
const PASSWORD: &str = "correct horse battery staple";

/// The hash of [`PASSWORD`] with Argon2's lowest parameters. A hash is verified with its own parameters, so that the sign-ins of
/// tests take no time.
const PASSWORD_HASH: &str =
    "$argon2id$v=19$m=8,t=1,p=1$dGVzdCBmaXh0dXJlIDE2Yg$XVtpnBOX3+ZzkddPUxiENv+YideIQeINwH5c9+1SUIE";

impl TestServer {
    /// The owner's e-mail address and password, as form fields.
    pub fn credentials(&self) -> [(&'static str, &'static str); 2] {
        [("email", EMAIL), ("password", PASSWORD)]
    }

    /// Approves an authorization request as the owner and returns the code.
    pub async fn approve(&self, browser: &mut Browser, authorize: &str) -> String {
        self.approve_as(browser, authorize, EMAIL).await
    }

    pub(crate) async fn approve_as(&self, browser: &mut Browser, authorize: &str, email: &str) -> String {
        self.allow_as(browser, authorize, email).await.redirect_parameters(CALLBACK)["code"].clone()
    }

    /// Approves an authorization request as the owner and returns the redirect.
    pub async fn allow(&self, browser: &mut Browser, authorize: &str) -> Answer {
        self.allow_as(browser, authorize, EMAIL).await
    }

    async fn allow_as(&self, browser: &mut Browser, authorize: &str, email: &str) -> Answer {
        let mut page = browser.open(self, authorize).await;
        if page.text().contains("/oauth/sign-in") {
            let typed = [("email", email), ("password", PASSWORD)];
            let signed_in = browser.submit(self, &page.form("/oauth/sign-in"), &typed).await;
            page = browser.follow(self, &signed_in).await;
        }
        browser.submit(self, &page.form("/oauth/consent"), &[("decision", "allow")]).await
    }

    /// The owner.
    pub async fn owner(&self) -> User {
        self.user(EMAIL).await
    }

    /// Adds a user with the owner's password.
    pub async fn add_user(&self, email: &str) -> User {
        let user = User::new(
            email.replace(|c: char| !c.is_ascii_alphanumeric() && c != '.', "-").parse().expect("valid"),
            email.parse().expect("valid"),
            self.settings.clock.now(),
            Some(serde_json::from_value(PASSWORD_HASH.into()).expect("a text")),
        );
        self.users().add(&user).await.expect("writes");
        user
    }

    /// Makes a user an owner.
    pub async fn make_owner(&self, user: &User) {
        assert!(self.users().set_owner(&user.user_id, true).await.expect("writes"));
    }

    /// Disables the account of a user, as the operator.
    pub async fn disable(&self, user: &User) {
        let disabled = self.access().disable(&user.user_id, Administrator::Operator, self.now()).await;
        assert!(disabled.expect("writes").is_some(), "{} is gone", user.email);
        // Codes of the same second are worthless.
        self.turn_clock(SignedDuration::from_secs(1));
    }

    /// Enables the account of a user, as the operator.
    pub async fn enable(&self, user: &User) {
        assert!(self.access().enable(&user.user_id, Administrator::Operator).await.expect("writes"));
    }

    /// Lifts the sign-in lock of a user, as the operator.
    pub async fn lift_lock(&self, user: &User) {
        assert!(self.access().lift_lock(&user.user_id, Administrator::Operator).await.expect("writes"));
    }

    /// Ends all access to an account, as the operator.
    pub async fn sign_out_everywhere(&self, user: &User) {
        let ended = self.access().end_all(&user.user_id, Administrator::Operator, self.settings.clock.now()).await;
        assert!(ended.expect("writes").is_some());
    }

    fn access(&self) -> AccountAccess {
        AccountAccess::new(self.table("AuthTable"), self.table("UsersTable"))
    }

    /// The account with this address.
    pub async fn user(&self, email: &str) -> User {
        self.users().by_email(&email.parse().expect("valid")).await.expect("reads").expect("is there")
    }

    /// The path of a new password link: of this user, or for the first account.
    pub async fn password_link(&self, user: Option<&User>) -> String {
        let secret = LinkSecret::new(self.settings.random.bytes());
        let expires_at = self.settings.clock.now() + SignedDuration::from_hours(24);
        let link = PasswordLink::new(user, expires_at);
        PasswordLinks::new(self.table("UsersTable")).create(&link, &secret.hash()).await.expect("writes");
        secret.path().to_string()
    }

    /// Creates an API key of a user.
    pub async fn api_key(&self, user: &User) -> String {
        let secret = ApiKey::new(self.settings.random.bytes());
        let id = self.settings.random.id().parse().expect("valid");
        let key = IssuedApiKey::new(id, &"test".parse().expect("valid"), user, self.settings.clock.now());
        self.store_api_key(&key, &secret).await;
        secret.expose().to_string()
    }

    /// Stores an API key.
    pub async fn store_api_key(&self, key: &IssuedApiKey, secret: &ApiKey) {
        let keys = ApiKeys::new(self.table("UsersTable"));
        let user = Users::new(self.table("UsersTable")).by_id(&key.user_id).await.expect("reads").expect("exists");
        let room = keys.room(&user).await.expect("reads").expect("has room");
        assert_eq!(keys.create(room, key, &secret.hash()).await.expect("writes"), KeyCreation::Created);
    }

    /// Revokes all API keys of a user.
    pub async fn revoke_api_keys(&self, user: &User) {
        let keys = ApiKeys::new(self.table("UsersTable"));
        for key in keys.list(&user.user_id).await.expect("reads") {
            assert!(keys.revoke(&user.user_id, &key.key_id).await.expect("writes"));
        }
    }

    /// The number of the owner's grants.
    pub async fn grants(&self) -> usize {
        let owner = self.owner().await;
        Grants::new(self.table("AuthTable")).with_expired(&owner.user_id).await.expect("reads").len()
    }

    /// Closes the owner's grants, the first step of an account deletion.
    pub async fn close_grants(&self) {
        let owner = self.owner().await;
        Grants::new(self.table("AuthTable")).close(&owner.user_id, self.settings.clock.now()).await.expect("writes");
    }

    /// Writes an item as it is: a PutItem request, for items that no release writes.
    pub fn put_item(&self, request: &Value) {
        let answer = self.stack.engine.answer("DynamoDB_20120810.PutItem", request.to_string().as_bytes());
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    }

    /// Every item of every table, as text.
    pub async fn everything_kept(&self) -> String {
        let client = aws_sdk_dynamodb::Client::new(&self.stack.aws);
        let mut kept = String::new();
        for table in &self.stack.template.tables {
            let items = client.scan().table_name(&table.name).send().await.expect("reads").items.unwrap_or_default();
            kept += &format!("{items:?}");
        }
        kept
    }

    /// The stored clients.
    pub fn clients(&self) -> Clients {
        Clients::new(self.table("AuthTable"))
    }

    fn users(&self) -> Users {
        Users::new(self.table("UsersTable"))
    }

    /// A table, with every permission.
    pub fn table(&self, name: &str) -> Table {
        Table::new(&self.stack.aws, name)
    }
}
