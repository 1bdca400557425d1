//! A fake Secrets Manager at its network edge: a secret with its versions and labels, and the changes that a rotation
//! makes to them, according to the user guide and the API reference.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicI64, Ordering},
    },
};

use jiff::SignedDuration;
use serde_json::{Value, json};

/// The ARN of the signing secret.
pub const ARN: &str = "arn:aws:secretsmanager:local:000000000000:secret:signing-AbCdEf";
/// The ARN of the root secret.
pub const ROOT_ARN: &str = "arn:aws:secretsmanager:local:000000000000:secret:root-GhIjKl";
/// The ARN of the secret of the key pair.
pub const KEY_PAIR_ARN: &str = "arn:aws:secretsmanager:local:000000000000:secret:keypair-MnOpQr";

/// The secrets of a server with Secrets Manager.
pub(crate) struct Secrets {
    pub(crate) signing: SecretsManager,
    pub(crate) root: SecretsManager,
    /// Signs access tokens instead, once the operator has chosen EdDSA.
    pub(crate) key_pair: Option<SecretsManager>,
}

/// A secret. Clones are the same one.
#[derive(Clone)]
pub struct SecretsManager {
    arn: &'static str,
    state: Arc<Mutex<State>>,
    now: Arc<AtomicI64>,
}

#[derive(Default)]
struct State {
    versions: BTreeMap<String, StoredVersion>,
    labels: BTreeMap<&'static str, String>,
    switched_off: bool,
    down: bool,
}

/// A version. One that a rotation has announced has a label and no value yet.
struct StoredVersion {
    value: Option<String>,
    created_at: i64,
}

impl SecretsManager {
    /// A secret with its first version, `first`, as `GenerateSecretString` creates it.
    pub fn new(arn: &'static str, first: &str, now: Arc<AtomicI64>) -> Self {
        let secret = Self { arn, state: Arc::default(), now };
        let (_, name) = arn.rsplit_once(':').expect("an ARN");
        let value = format!("{name}v0Yk3fQ2p7Rm1Zx8Lw5Tn9Bd4Hc6Js0a");
        let version = StoredVersion { value: Some(value), created_at: secret.second() };
        secret.state().versions.insert(first.into(), version);
        secret.state().labels.insert("AWSCURRENT", first.into());
        secret
    }

    /// Announces a new version with its label, as `RotateSecret` does before it invokes the function.
    pub fn begin_rotation(&self, token: &str) {
        let created_at = self.second();
        let mut state = self.state();
        state.versions.insert(token.into(), StoredVersion { value: None, created_at });
        state.labels.insert("AWSPENDING", token.into());
    }

    /// The version with a label.
    pub fn labelled(&self, label: &str) -> Option<String> {
        self.state().labels.get(label).cloned()
    }

    /// The value of a version.
    pub fn value(&self, id: &str) -> Option<String> {
        self.state().versions.get(id)?.value.clone()
    }

    /// Sets the value of a version, as an operator with permission could.
    pub fn set_value(&self, id: &str, value: &str) {
        self.state().versions.get_mut(id).expect("a version").value = Some(value.into());
    }

    /// Makes a version older or younger.
    pub fn set_age(&self, id: &str, age: SignedDuration) {
        let created_at = self.second() - age.as_secs();
        self.state().versions.get_mut(id).expect("a version").created_at = created_at;
    }

    /// Removes a label.
    pub fn take_label(&self, label: &str) {
        self.state().labels.remove(label);
    }

    /// Switches rotation off.
    pub fn switch_rotation_off(&self) {
        self.state().switched_off = true;
    }

    /// Makes every call fail, or succeed again.
    pub fn set_down(&self, down: bool) {
        self.state().down = down;
    }

    /// Responds to one call.
    pub fn answer(&self, target: &str, body: &[u8]) -> http::Response<String> {
        let request: Value = serde_json::from_slice(body).expect("json");
        assert_eq!(request["SecretId"], self.arn);
        let answer = if self.state().down {
            Err("InternalServiceError")
        } else {
            match target.strip_prefix("secretsmanager.").expect("its own protocol") {
                "GetSecretValue" => self.get(&request),
                "DescribeSecret" => Ok(self.describe()),
                "PutSecretValue" => self.put(&request),
                "UpdateSecretVersionStage" => self.update_stage(&request),
                other => panic!("{other} is not allowed to any function"),
            }
        };
        let (status, body) = match answer {
            Ok(body) => (200, body),
            Err("InternalServiceError") => (500, json!({"__type": "InternalServiceError", "Message": "down"})),
            Err(error) => (400, json!({"__type": error, "Message": error})),
        };
        http::Response::builder().status(status).body(body.to_string()).expect("valid")
    }

    fn get(&self, request: &Value) -> Result<Value, &'static str> {
        let state = self.state();
        let label = request["VersionStage"].as_str().expect("a label");
        let id = state.labels.get(label).ok_or("ResourceNotFoundException")?;
        let version = &state.versions[id];
        let value = version.value.as_ref().ok_or("ResourceNotFoundException")?;
        Ok(json!({"VersionId": id, "SecretString": value, "CreatedDate": version.created_at}))
    }

    fn describe(&self) -> Value {
        let state = self.state();
        let labels = |id: &String| state.labels.iter().filter(|(_, has)| *has == id).map(|(label, _)| *label).collect();
        let stages: BTreeMap<_, Vec<_>> = state.versions.keys().map(|id| (id, labels(id))).collect();
        json!({"RotationEnabled": !state.switched_off, "VersionIdsToStages": stages})
    }

    fn put(&self, request: &Value) -> Result<Value, &'static str> {
        let id = request["ClientRequestToken"].as_str().expect("a token").to_owned();
        let value = request["SecretString"].as_str().expect("text").to_owned();
        assert_eq!(request["VersionStages"], json!(["AWSPENDING"]));
        let created_at = self.second();
        let mut state = self.state();
        if state.versions.get(&id).and_then(|version| version.value.as_ref()).is_some_and(|there| *there != value) {
            return Err("ResourceExistsException");
        }
        state.versions.insert(id.clone(), StoredVersion { value: Some(value), created_at });
        state.labels.insert("AWSPENDING", id);
        Ok(json!({}))
    }

    fn update_stage(&self, request: &Value) -> Result<Value, &'static str> {
        let text = |name: &str| request[name].as_str().expect("text").to_owned();
        assert_eq!(text("VersionStage"), "AWSCURRENT");
        let mut state = self.state();
        if state.labels["AWSCURRENT"] != text("RemoveFromVersionId") {
            return Err("InvalidParameterException");
        }
        let to = text("MoveToVersionId");
        let from = state.labels.insert("AWSCURRENT", to).expect("there was one");
        state.labels.insert("AWSPREVIOUS", from);
        Ok(json!({}))
    }

    fn second(&self) -> i64 {
        self.now.load(Ordering::SeqCst)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("not poisoned")
    }
}
