//! Requests of CloudFormation, answered over a receiver that stands in for S3.

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture},
    orchestrator::{HttpRequest, HttpResponse},
};
use jean_auth::{secret::PasswordLink as LinkSecret, user::User};
use jean_owner::{Operation, Owner, ResourceRequest, Unanswered};
use jean_runtime::presigned::{UploadError, Uploads};
use jean_store::{
    password_links::{PasswordLink, PasswordLinks},
    users::{LinkResult, Users},
};
use jean_testing::{Browser, TestServer};
use jiff::SignedDuration;
use serde_json::{Value, json};

const EMAIL: &str = "owner@example.org";
const URL: &str =
    "https://cloudformation-custom-resource-response-euc1.s3.eu-central-1.amazonaws.com/arn%3Aaws/1?X-Amz-Signature=a";

/// Receives uploads; the first ones can fail.
#[derive(Clone, Debug, Default)]
struct Receiver {
    uploads: Arc<Mutex<Vec<(String, Value)>>>,
    failures: Arc<Mutex<usize>>,
}

impl HttpConnector for Receiver {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        assert_eq!(request.method(), "PUT");
        assert_eq!(request.headers().get("content-type"), None, "it is part of the signature");
        let body = request.body().bytes().expect("in memory");
        let upload = (request.uri().to_owned(), serde_json::from_slice(body).expect("JSON"));
        self.uploads.lock().expect("not poisoned").push(upload);
        let mut failures = self.failures.lock().expect("not poisoned");
        let status: u16 = if *failures > 0 { 503 } else { 200 };
        *failures = failures.saturating_sub(1);
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status.try_into().expect("a status"), "".into())))
    }
}

/// A stack with the parameter `OwnerEmail`, without accounts.
struct Deployment {
    world: TestServer,
    receiver: Receiver,
    owner: Owner,
}

impl Deployment {
    async fn new() -> Self {
        let world = TestServer::empty_with("OwnerEmail", EMAIL).await;
        let receiver = Receiver::default();
        let owner =
            Owner::start(world.platform_of("functions/owner"), Uploads::over(receiver.clone())).expect("starts");
        Self { world, receiver, owner }
    }

    /// Sends a request and returns the text of the output.
    async fn output(&self, request: Value) -> String {
        self.answer(request).await["Data"]["CreateYourAccount"].as_str().expect("text").to_owned()
    }

    async fn answer(&self, request: Value) -> Value {
        self.owner.respond(read(request)).await.expect("answered");
        let (url, answer) = self.receiver.uploads.lock().expect("not poisoned").pop().expect("an upload");
        assert_eq!(url, URL);
        answer
    }

    /// Creates an account with a link.
    async fn sign_up(&self, link: &str) -> jean_testing::Answer {
        let mut browser = Browser::default();
        let page = browser.open(&self.world, self.world.path(link)).await;
        let typed = [("email", "eve@example.org"), ("password", "correct horse battery staple")];
        browser.submit(&self.world, &page.form("/account/password"), &typed).await
    }
}

fn read(request: Value) -> ResourceRequest {
    serde_json::from_value(request).expect("a request")
}

/// The request that events/owner-create.json holds, with another operation.
fn request(operation: &str) -> Value {
    let mut request: Value = serde_json::from_str(include_str!("../../../events/owner-create.json")).expect("JSON");
    request["RequestType"] = operation.into();
    request["ResponseURL"] = URL.into();
    request
}

#[tokio::test]
async fn link_of_a_new_stack_creates_the_account_of_the_owner() {
    let deployment = Deployment::new().await;
    let answer = deployment.answer(request("Create")).await;
    let sent = request("Create");
    for name in ["StackId", "RequestId", "LogicalResourceId"] {
        assert_eq!(answer[name], sent[name], "{name}");
    }
    assert_eq!([&answer["Status"], &answer["PhysicalResourceId"]], ["SUCCESS", "owner-link"]);
    let link = answer["Data"]["CreateYourAccount"].as_str().expect("a link").to_owned();
    assert!(link.starts_with(&deployment.world.url("/account/password?link=jml_")), "{link}");
    let page = Browser::default().open(&deployment.world, deployment.world.path(&link)).await;
    assert!(page.text().contains(EMAIL), "the address is that of the parameter");
    assert_eq!(deployment.sign_up(&link).await.location(), "/account/connect");
    let account = deployment.world.owner().await;
    assert_eq!(account.email.as_str(), EMAIL, "the address of the form is ignored");
    assert_eq!(deployment.world.unused_permissions_of("functions/owner"), Vec::<String>::new());
}

/// CloudFormation and Lambda repeat a request without a response.
#[tokio::test]
async fn repeated_request_gets_a_link_of_which_one_creates_the_account() {
    let deployment = Deployment::new().await;
    let first = deployment.output(request("Create")).await;
    let second = deployment.output(request("Create")).await;
    assert_eq!(deployment.sign_up(&second).await.location(), "/account/connect");
    assert_eq!(deployment.sign_up(&first).await.status, 422, "the address has an account");
    let third = deployment.output(request("Create")).await;
    assert!(third.starts_with("None: there is an account already"), "{third}");
    assert!(third.contains("jean user add EMAIL --owner --stack jean-memory"), "{third}");
}

#[tokio::test]
async fn unused_link_works_for_72_hours() {
    let deployment = Deployment::new().await;
    let link = deployment.output(request("Create")).await;
    deployment.world.turn_clock(SignedDuration::from_hours(72) - SignedDuration::from_secs(1));
    let open = async || Browser::default().open(&deployment.world, deployment.world.path(&link)).await.status;
    assert_eq!(open().await, 200);
    deployment.world.turn_clock(SignedDuration::from_secs(1));
    assert_eq!(open().await, 404);
    assert!(deployment.output(request("Update")).await.starts_with("http"), "an update gives another one");
}

/// A stranger who has the former address, or can read the former output, could otherwise become the owner.
///
/// SR-32
#[tokio::test]
async fn corrected_address_ends_the_link_of_the_former_one() {
    let deployment = Deployment::new().await;
    let of = |email: &str, operation| {
        let mut request = request(operation);
        request["ResourceProperties"]["OwnerEmail"] = email.into();
        request
    };
    let former = deployment.output(of("ower@example.org", "Create")).await;
    let mut browser = Browser::default();
    let open = browser.open(&deployment.world, deployment.world.path(&former)).await;
    assert_eq!(open.status, 200);
    let corrected = deployment.output(of(EMAIL, "Update")).await;
    let again = Browser::default().open(&deployment.world, deployment.world.path(&former)).await;
    assert_eq!(again.status, 404);
    let typed = [("password", "correct horse battery staple")];
    let sent = browser.submit(&deployment.world, &open.form("/account/password"), &typed).await;
    assert_eq!(sent.status, 404, "the page was open before");
    assert_eq!(deployment.sign_up(&corrected).await.location(), "/account/connect");
    assert_eq!(deployment.world.owner().await.email.as_str(), EMAIL);
    assert_eq!(deployment.world.unused_permissions_of("functions/owner"), Vec::<String>::new());
}

/// SR-32
#[tokio::test]
async fn transaction_of_the_first_account_requires_the_latest_address() {
    let deployment = Deployment::new().await;
    let table = deployment.world.table("UsersTable");
    let (links, users) = (PasswordLinks::new(table.clone()), Users::new(table));
    let expires_at = deployment.world.now() + SignedDuration::from_hours(1);
    let hashes = [1, 2].map(|number| LinkSecret::new([number; 32]).hash());
    for (email, hash) in ["ower@example.org", EMAIL].into_iter().zip(&hashes) {
        let link = PasswordLink::of_first(email.parse().expect("valid"), expires_at);
        assert!(links.create(&link, hash).await.expect("writes"));
    }
    let account = |email: &str| {
        let id = "ada".parse().expect("valid");
        User::new(id, email.parse().expect("valid"), deployment.world.now(), None)
    };
    let former = users.add_first(&account("ower@example.org"), &hashes[0], "page").await;
    assert_eq!(former.expect("answers"), LinkResult::LinkUsed);
    let latest = users.add_first(&account(EMAIL), &hashes[1], "page").await;
    assert_eq!(latest.expect("answers"), LinkResult::Saved);
}

#[tokio::test]
async fn update_keeps_the_id_of_the_resource() {
    let deployment = Deployment::new().await;
    let mut update = request("Update");
    update["PhysicalResourceId"] = "given".into();
    update["OldResourceProperties"] = json!({"OwnerEmail": "old@example.org"});
    assert_eq!(deployment.answer(update).await["PhysicalResourceId"], "given");
}

#[tokio::test]
async fn deletion_succeeds_and_ends_nothing() {
    let deployment = Deployment::new().await;
    let link = deployment.output(request("Create")).await;
    let answer = deployment.answer(request("Delete")).await;
    assert_eq!([&answer["Status"], &answer["Data"]["CreateYourAccount"]], ["SUCCESS", ""]);
    assert_eq!(deployment.sign_up(&link).await.location(), "/account/connect");
}

/// The stack does not fail for want of an account.
#[tokio::test]
async fn invalid_address_succeeds_with_the_reason() {
    let deployment = Deployment::new().await;
    for properties in [json!({"OwnerEmail": "nobody"}), json!({"OwnerEmail": ""}), json!({})] {
        let mut create = request("Create");
        create["ResourceProperties"] = properties.clone();
        let answer = deployment.answer(create).await;
        assert_eq!(answer["Status"], "SUCCESS");
        let output = answer["Data"]["CreateYourAccount"].as_str().expect("text").to_owned();
        assert!(output.starts_with("None: the email address is invalid"), "{properties}: {output}");
    }
}

/// T-17
#[tokio::test]
async fn nothing_is_created_for_a_foreign_response_url() {
    let deployment = Deployment::new().await;
    for url in ["https://evil.example/a", "http://bucket.s3.amazonaws.com/a", "not a URL"] {
        let mut create = request("Create");
        create["ResponseURL"] = url.into();
        let refused = deployment.owner.respond(read(create)).await.expect_err(url);
        assert!(matches!(refused, Unanswered::Url(_)) && !refused.to_string().contains(url), "{refused}");
    }
    assert!(deployment.receiver.uploads.lock().expect("not poisoned").is_empty());
}

#[tokio::test(start_paused = true)]
async fn upload_is_tried_three_times() {
    for (failures, expected) in [(2, Ok(())), (3, Err(UploadError::Status(503)))] {
        let receiver = Receiver::default();
        *receiver.failures.lock().expect("not poisoned") = failures;
        let url = URL.parse().expect("valid");
        assert_eq!(Uploads::over(receiver.clone()).put(&url, "{}".into()).await, expected);
        assert_eq!(receiver.uploads.lock().expect("not poisoned").len(), 3);
    }
}

#[test]
fn operations_are_those_of_cloudformation() {
    let operation = |name| read(request(name)).request_type;
    assert_eq!(
        ["Create", "Update", "Delete"].map(operation),
        [Operation::Create, Operation::Update, Operation::Delete]
    );
}
