//! The preparation of each step's request.

use jean_testing::{Browser, Pkce};

use jiff::SignedDuration;
use serde_json::json;

use super::{
    request::Sent,
    stage::{Scene, Stage},
    steps::Step,
};

impl Stage {
    /// Runs all requests before a step and prepares the step's request.
    pub(super) async fn scene(&self, step: Step) -> Scene {
        let world = &self.world;
        // Throttles and rate limits used by the previous scene have expired.
        world.turn_clock(SignedDuration::from_mins(15));
        let (mut browser, pkce) = (Browser::default(), Pkce::new(1));
        let alone = |sent| Scene::new(sent, Browser::default());
        match step {
            Step::Discover => alone(Sent::get("/.well-known/oauth-authorization-server", &browser)),
            Step::Register => {
                let body =
                    json!({"client_name": "Claude", "redirect_uris": ["https://claude.ai/api/mcp/auth_callback"]});
                alone(Sent::json("/oauth/register", ("accept", "*/*".into()), &body))
            }
            Step::SignInPage
            | Step::SignIn
            | Step::WrongPassword
            | Step::ConsentPage
            | Step::Consent
            | Step::SignOut => {
                let authorize = world.authorize_path(&world.register("Claude").await, &pkce, "s");
                if step == Step::SignInPage {
                    return alone(Sent::get(&authorize, &browser));
                }
                let page = browser.open(world, &authorize).await.form("/oauth/sign-in");
                match step {
                    Step::SignIn => {
                        return Scene::new(Sent::of_page(&browser, &page, &world.credentials()), browser);
                    }
                    Step::WrongPassword => {
                        let typed = [("email", "nobody@example.org"), ("password", "not the password")];
                        return Scene::new(Sent::of_page(&browser, &page, &typed), browser);
                    }
                    _ => {}
                }
                let signed_in = browser.submit(world, &page, &world.credentials()).await;
                if step == Step::ConsentPage {
                    return Scene::new(Sent::get(signed_in.location(), &browser), browser);
                }
                let page = browser.follow(world, &signed_in).await;
                let (form, typed): (_, &[_]) = match step {
                    Step::SignOut => (page.form("/oauth/sign-out"), &[]),
                    _ => (page.form("/oauth/consent"), &[("decision", "allow")]),
                };
                Scene::new(Sent::of_page(&browser, &form, typed), browser)
            }
            Step::Exchange => {
                let (client_id, code, pkce) = self.code().await;
                alone(Sent::form("/oauth/token", &world.exchange_body(&client_id, &code, &pkce)))
            }
            Step::Refresh | Step::Revoke => {
                let pair = self.connect().await;
                let token = pair.refresh_token.as_str();
                let sent = match step {
                    Step::Revoke => Sent::form("/oauth/revoke", &[("client_id", &pair.client_id), ("token", token)]),
                    _ => Sent::form(
                        "/oauth/token",
                        &[("grant_type", "refresh_token"), ("client_id", &pair.client_id), ("refresh_token", token)],
                    ),
                };
                Scene { pair: Some(pair), ..Scene::new(sent, browser) }
            }
            Step::Tool(tool) => {
                let pair = self.connect().await;
                let added = world.call(&pair.access_token, "add_memory", &json!({"text": "Ada drinks tea."})).await;
                let id = &added["structuredContent"]["id"];
                let arguments = match tool {
                    "add_memory" => json!({"text": "Ada has a cat."}),
                    "search_memory" | "search" => json!({"query": "tea"}),
                    "update_memory" => json!({"id": id, "text": "Ada drinks green tea."}),
                    "get_memory" | "fetch" | "delete_memory" => json!({"id": id}),
                    "delete_all_memories" => json!({"confirm": "delete all memories"}),
                    "store_document" => json!({"title": "Menu", "content": "tea and cake\n\n".repeat(400)}),
                    _ => json!({}),
                };
                let bearer = ("authorization", format!("Bearer {}", pair.access_token));
                let message = json!({"jsonrpc": "2.0", "id": 1, "method": tool, "params": arguments});
                Scene { pair: Some(pair), ..Scene::new(Sent::json("/mcp", bearer, &message), browser) }
            }
            Step::LegacyEndpoint => {
                let owner = world.owner().await;
                let key = ("x-api-key", world.api_key(&owner).await);
                let message = json!({"jsonrpc": "2.0", "id": 1, "method": "list_memories", "params": {}});
                alone(Sent::json(&format!("/mcp/v2/claude/{}", owner.user_id), key, &message))
            }
            Step::PasswordPage => {
                let link = world.password_link(Some(&world.owner().await)).await;
                alone(Sent::get(&link, &browser))
            }
            Step::Password => {
                // The new password must end this session.
                let authorize = world.authorize_path(&world.register("Claude").await, &pkce, "s");
                let mut intruder = Browser::default();
                world.approve(&mut intruder, &authorize).await;
                let link = world.password_link(Some(&world.owner().await)).await;
                let form = browser.open(world, &link).await.form("/account/password");
                let [_, (_, password)] = world.credentials();
                Scene::new(Sent::of_page(&browser, &form, &[("password", password)]), intruder)
            }
            Step::FirstPassword => {
                let link = world.password_link(None).await;
                let form = browser.open(world, &link).await.form("/account/password");
                let typed = [("email", "owner@example.org"), ("password", "correct horse battery staple")];
                alone(Sent::of_page(&browser, &form, &typed))
            }
            Step::Provider(request) => self.provider_scene(request).await,
            Step::OwnPage(path) => self.own_page(path).await,
            Step::OwnForm(path) => self.own_form(path).await,
        }
    }
}
