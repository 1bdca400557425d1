//! Faults of the store: in each request of a flow, each store call fails once in each possible way.
//!
//! The response must be clean and in time, a retry must succeed, and no change may be half done. No secret and no
//! memory may be logged. Functions use the same timeouts as in Lambda; time is virtual, so a call that hangs takes no
//! real time.

mod fault;
mod outcome;
mod own_pages;
mod providers;
mod request;
mod scenes;
mod stage;
mod steps;

use jean_auth::user::User;
use jean_local::{
    engine::Engine,
    template::{ParameterValues, Template},
};
use jean_runtime::Clock;
use jean_store::{
    Table,
    users::{CreateUserResult, Users},
};
use jean_testing::faulty_store::{Fate, FaultyStore, Passage};
use jiff::Timestamp;
use std::{sync::Mutex, time::Duration};

use self::{
    fault::FAULTS,
    outcome::{assert_effect, is_clean_failure, is_done, is_success},
    stage::Stage,
    steps::{ACCOUNT, CONNECTED, CONNECTING, Step},
};

/// The Lambda timeout (`Timeout` in template.yaml).
const TIMEOUT: Duration = Duration::from_secs(10);

/// Beginnings of memory texts. A store response may be cut inside a text.
const BEGINNINGS: [&str; 4] = ["Ada drinks", "green tea", "tea and cake", "Nobody may read"];

/// Counts the store calls of a request without faults.
async fn calls(stage: &Stage, step: Step) -> usize {
    let scene = stage.scene(step).await;
    stage.weather.lock().expect("not poisoned").calls = 0;
    let answer = scene.sent.send(&stage.world).await;
    assert!(is_success(step, &answer), "{step:?}: {}", answer.text());
    let calls = stage.weather.lock().expect("not poisoned").calls;
    assert!(calls > 0 || step == Step::Discover, "{step:?} makes no store call");
    calls
}

/// Sends each request once per store call and fault, on a server for each kind of request, whose pages stay short.
///
/// Asserts that the response is in time, that a failure is a documented server error, and that a retry succeeds.
async fn assert_endured(steps: &[Step], stage: impl AsyncFn() -> Stage) {
    let (mut faults, mut failures) = (0, 0);
    for &step in steps {
        let stage = stage().await;
        let calls = calls(&stage, step).await;
        for (fault, call) in FAULTS.iter().flat_map(|fault| (0..calls).map(move |call| (*fault, call))) {
            let scene = stage.scene(step).await;
            let (answer, took) = stage.answer(&scene.sent, call, fault).await;
            let what = format!("{step:?}, call {call}, {fault:?}: {}", answer.status);
            assert!(took < TIMEOUT, "{what}: took {took:?}");
            if !is_success(step, &answer) {
                assert!(is_clean_failure(step, &answer), "{what}: {}", answer.text());
                // The SDK retries a single failure.
                assert!(fault.then != Fate::Done, "{what}: {}", answer.text());
                let again = scene.sent.send(&stage.world).await;
                assert!(is_success(step, &again) || is_done(step, fault, &again), "{what}, again: {}", again.text());
                failures += 1;
            }
            faults += 1;
            assert_effect(&stage.world, step, &scene, &what).await;
            stage.world.confidences.learn(BEGINNINGS);
            stage.world.confidences.assert_kept(&what);
        }
    }
    assert!(faults > 30 && failures > 10, "{faults} faults, {failures} failed requests");
}

/// T-20
#[tokio::test(start_paused = true)]
async fn client_connects_after_any_store_fault() {
    assert_endured(&CONNECTING, Stage::counting_calls).await;
}

/// T-20
#[tokio::test(start_paused = true)]
async fn tools_work_after_any_store_fault() {
    assert_endured(&CONNECTED, Stage::counting_calls).await;
}

/// T-20
#[tokio::test(start_paused = true)]
async fn password_and_sign_out_work_after_any_store_fault() {
    assert_endured(&ACCOUNT, Stage::counting_calls).await;
}

/// T-20
#[tokio::test(start_paused = true)]
async fn account_pages_work_after_any_store_fault() {
    assert_endured(&own_pages::PAGES, Stage::with_open_sign_up).await;
}

/// T-20
#[tokio::test(start_paused = true)]
async fn account_forms_work_after_any_store_fault() {
    assert_endured(&own_pages::FORMS, Stage::with_open_sign_up).await;
}

/// T-20
#[tokio::test(start_paused = true)]
async fn providers_work_after_any_store_fault() {
    assert_endured(&providers::REQUESTS, Stage::with_providers).await;
}

/// A response was lost, and the next attempt met another transaction: the first one took effect all the same.
///
/// T-20
#[tokio::test(start_paused = true)]
async fn lost_response_before_a_conflict_is_no_unmet_condition() {
    let clock = Clock::new(|| Timestamp::UNIX_EPOCH);
    let engine = Engine::in_memory(clock).expect("starts");
    let template = Template::of_project(&ParameterValues::for_tables()).expect("a template");
    engine.create_tables(&template.tables).expect("creates");
    let fates = Mutex::new(vec![Fate::Done, Fate::Conflict, Fate::Cut]);
    let network = FaultyStore::http_client(engine.clone(), move |_| {
        let fate = fates.lock().expect("not poisoned").pop().expect("no further call");
        Passage { there: Duration::ZERO, fate, back: Duration::ZERO }
    });
    // With the retries of Lambda.
    let lambda = [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b"), ("AWS_REGION", "local")];
    let lambda = lambda.map(|(name, value)| (name.into(), value.into())).into_iter().collect();
    let aws = jean_runtime::aws_config(&lambda).expect("a configuration").into_builder().http_client(network).build();
    let email = "ada@example.org".parse().expect("valid");
    let user = User::new("ada".parse().expect("valid"), email, Timestamp::UNIX_EPOCH, None);
    let added = Users::new(Table::new(&aws, "UsersTable")).add(&user).await;
    assert_eq!(added.expect("writes"), CreateUserResult::Created);
}
