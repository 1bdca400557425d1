//! The steps of a rotation, with a fake of Secrets Manager (AS-22).

use jean_rotate::{Rotation, RotationError, Step, rotate};
use jean_testing::{TestServer, secrets_manager::ARN};

const STEPS: [Step; 4] = [Step::CreateSecret, Step::SetSecret, Step::TestSecret, Step::FinishSecret];

/// The event that Secrets Manager sends for a step.
fn event(step: Step, token: &str) -> Rotation {
    Rotation { step, secret_id: ARN.into(), client_request_token: token.into() }
}

#[tokio::test]
async fn every_step_is_idempotent() {
    let world = TestServer::with_secrets_manager().await;
    world.secrets().begin_rotation("v2");
    rotate(&world.platform(), event(Step::CreateSecret, "v2")).await.expect("done");
    let made = world.secrets().value("v2").expect("a value");
    assert_eq!(made.len(), 64);
    for step in STEPS.into_iter().flat_map(|step| [step, step]) {
        rotate(&world.platform(), event(step, "v2")).await.expect("done");
        assert_eq!(world.secrets().value("v2").as_ref(), Some(&made));
    }
    for step in STEPS {
        rotate(&world.platform(), event(step, "v2")).await.expect("a finished rotation is accepted");
    }
    assert_eq!(world.secrets().labelled("AWSPREVIOUS").as_deref(), Some("v1"));
}

#[tokio::test]
async fn events_of_a_rotation_make_the_new_version_current() {
    let world = TestServer::with_secrets_manager().await;
    let events = [
        include_str!("../../../events/rotate-create.json"),
        include_str!("../../../events/rotate-set.json"),
        include_str!("../../../events/rotate-test.json"),
        include_str!("../../../events/rotate-finish.json"),
    ];
    let events = events.map(|event| serde_json::from_str::<Rotation>(event).expect("an event of Secrets Manager"));
    assert_eq!(events.each_ref().map(|event| event.step), STEPS);
    let id = events[0].client_request_token.clone();
    world.secrets().begin_rotation(&id);
    for event in events {
        rotate(&world.platform(), event).await.expect("done");
    }
    assert_eq!(world.secrets().labelled("AWSCURRENT"), Some(id));
}

#[tokio::test]
async fn step_outside_a_rotation_changes_nothing() {
    let world = TestServer::with_secrets_manager().await;
    let refused = async |step, token: &str| rotate(&world.platform(), event(step, token)).await.expect_err("refused");
    for step in STEPS {
        assert!(matches!(refused(step, "invented").await, RotationError::UnknownVersion(_)));
    }
    world.secrets().begin_rotation("v2");
    rotate(&world.platform(), event(Step::TestSecret, "v2")).await.expect("without a value, there is nothing to test");
    assert!(matches!(refused(Step::FinishSecret, "v2").await, RotationError::NoVersion(_)));
    world.secrets().set_value("v2", "too short");
    assert!(matches!(refused(Step::TestSecret, "v2").await, RotationError::Weak(_)));
    world.secrets().take_label("AWSPENDING");
    assert!(matches!(refused(Step::FinishSecret, "v2").await, RotationError::NotPending(_)));
    world.secrets().switch_rotation_off();
    assert!(matches!(refused(Step::CreateSecret, "v2").await, RotationError::SwitchedOff));
    assert_eq!(world.secrets().labelled("AWSCURRENT").as_deref(), Some("v1"));
}
