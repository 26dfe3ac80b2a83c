//! Secrets Manager on the secrets the local cloud was opened with; they live in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::clock::VirtualClock;
use crate::names::{Names, new_id};
use crate::observer::Service;
use crate::protocol::{Failure, Reply, read_json};

/// The secrets by name.
pub(crate) struct Secrets {
    by_name: Mutex<BTreeMap<String, Secret>>,
    clock: VirtualClock,
    names: Names,
}

struct Secret {
    /// Made once, with the six random characters that AWS appends.
    arn: String,
    description: Option<String>,
    current: Version,
    previous: Option<Version>,
}

#[derive(Clone)]
struct Version {
    id: String,
    content: Content,
    /// Seconds since the epoch.
    created: i64,
}

#[derive(Clone, PartialEq)]
enum Content {
    Text(String),
    /// Base64, as on the wire.
    Binary(String),
}

impl Secrets {
    pub fn new(clock: VirtualClock, names: Names) -> Self {
        Self { by_name: Mutex::default(), clock, names }
    }

    /// Sets the current value; the one before becomes `AWSPREVIOUS`. An equal value changes nothing.
    pub fn set(&self, name: &str, value: &str) {
        let mut secrets = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        let content = Content::Text(value.to_owned());
        match secrets.get_mut(name) {
            Some(secret) if secret.current.content == content => {}
            Some(secret) => secret.rotate(self.version(content, None)),
            None => {
                let secret = self.fresh(name, self.version(content, None), None);
                secrets.insert(name.to_owned(), secret);
            }
        }
    }

    /// The ARNs of the secrets a request names.
    pub fn resources(&self, body: &[u8]) -> Vec<String> {
        let Ok(request) = read_json(body) else { return Vec::new() };
        let secrets = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        let listed = request["SecretIdList"].as_array().into_iter().flatten();
        let ids = listed.chain([&request["SecretId"], &request["Name"]]).filter_map(Value::as_str);
        ids.map(|id| match find(&secrets, id) {
            Some((_, secret)) => secret.arn.clone(),
            None if id.starts_with("arn:") => id.to_owned(),
            None => self.names.arn("secretsmanager", &format!("secret:{id}")),
        })
        .collect()
    }

    /// Answers one operation.
    pub fn answer(&self, operation: &str, body: &[u8], request_id: &str) -> Reply {
        let result = read_json(body).and_then(|request| match operation {
            "GetSecretValue" => self.get(&request),
            "BatchGetSecretValue" => self.batch_get(&request),
            "ListSecrets" => Ok(self.list()),
            "DescribeSecret" => self.describe(&request),
            "CreateSecret" => self.create(&request),
            "PutSecretValue" => self.put(&request),
            _ => {
                let message = format!("{operation} is not served by the local Secrets Manager");
                Err(Failure::new(400, "InvalidRequestException", message))
            }
        });
        match result {
            Ok(value) => Reply::json(Service::SecretsManager, value.to_string()),
            Err(failure) => Reply::failure(Service::SecretsManager, &failure, request_id),
        }
    }

    fn get(&self, request: &Value) -> Result<Value, Failure> {
        let secrets = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        let (name, secret) = find(&secrets, id_of(request)?).ok_or_else(not_found)?;
        let version = secret.version(request["VersionStage"].as_str(), request["VersionId"].as_str());
        let (version, stage) = version.ok_or_else(not_found)?;
        Ok(value_of(name, secret, version, stage))
    }

    fn batch_get(&self, request: &Value) -> Result<Value, Failure> {
        let secrets = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        if request.get("SecretIdList").is_none() && request.get("Filters").is_none() {
            return Err(Failure::new(
                400,
                "InvalidParameterException",
                "Give either SecretIdList or Filters",
            ));
        }
        let (mut values, mut errors) = (Vec::new(), Vec::new());
        for id in request["SecretIdList"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            match find(&secrets, id) {
                Some((name, secret)) => values.push(value_of(name, secret, &secret.current, CURRENT)),
                None => errors.push(json!({
                    "SecretId": id,
                    "ErrorCode": "ResourceNotFoundException",
                    "Message": not_found().message,
                })),
            }
        }
        if request.get("Filters").is_some() {
            let prefixes: Vec<&str> = name_filters(request);
            let chosen = secrets.iter().filter(|(name, _)| prefixes.iter().any(|p| name.starts_with(p)));
            values.extend(chosen.map(|(name, secret)| value_of(name, secret, &secret.current, CURRENT)));
        }
        Ok(json!({ "SecretValues": values, "Errors": errors }))
    }

    fn list(&self) -> Value {
        let secrets = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        let list: Vec<Value> = secrets
            .iter()
            .map(|(name, secret)| {
                let mut entry = description_of(name, secret);
                if let Some(entry) = entry.as_object_mut()
                    && let Some(stages) = entry.remove("VersionIdsToStages")
                {
                    entry.insert("SecretVersionsToStages".to_owned(), stages);
                }
                entry
            })
            .collect();
        json!({ "SecretList": list })
    }

    fn describe(&self, request: &Value) -> Result<Value, Failure> {
        let secrets = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        let (name, secret) = find(&secrets, id_of(request)?).ok_or_else(not_found)?;
        Ok(description_of(name, secret))
    }

    fn create(&self, request: &Value) -> Result<Value, Failure> {
        let name = request["Name"].as_str().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| Failure::new(400, "InvalidParameterException", "Name is missing"))?;
        let mut secrets = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        if secrets.contains_key(name) {
            let message = format!("The operation failed because the secret {name} already exists.");
            return Err(Failure::new(400, "ResourceExistsException", message));
        }
        let version = self.version(content_of(request)?, request["ClientRequestToken"].as_str());
        let description = request["Description"].as_str().map(str::to_owned);
        let secret = self.fresh(name, version, description);
        let answer = json!({ "ARN": secret.arn, "Name": name, "VersionId": secret.current.id });
        secrets.insert(name.to_owned(), secret);
        Ok(answer)
    }

    fn put(&self, request: &Value) -> Result<Value, Failure> {
        let mut secrets = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        let name = find(&secrets, id_of(request)?).ok_or_else(not_found)?.0.clone();
        let content = content_of(request)?;
        let secret = secrets.get_mut(&name).ok_or_else(not_found)?;
        let token = request["ClientRequestToken"].as_str();
        if let Some(known) = secret.versions().find(|(version, _)| Some(version.id.as_str()) == token) {
            if known.0.content != content {
                let message = "A version with this ClientRequestToken and another value exists already.";
                return Err(Failure::new(400, "ResourceExistsException", message));
            }
        } else {
            secret.rotate(self.version(content, token));
        }
        let id = &secret.current.id;
        Ok(json!({ "ARN": secret.arn, "Name": name, "VersionId": id, "VersionStages": [CURRENT] }))
    }

    fn version(&self, content: Content, id: Option<&str>) -> Version {
        let id = id.map_or_else(new_id, str::to_owned);
        Version { id, content, created: self.clock.now().as_second() }
    }

    fn fresh(&self, name: &str, current: Version, description: Option<String>) -> Secret {
        let id = new_id();
        let suffix = &id[id.len() - 6..];
        let arn = self.names.arn("secretsmanager", &format!("secret:{name}-{suffix}"));
        Secret { arn, description, current, previous: None }
    }
}

const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";

impl Secret {
    fn rotate(&mut self, next: Version) {
        self.previous = Some(std::mem::replace(&mut self.current, next));
    }

    fn versions(&self) -> impl Iterator<Item = (&Version, &'static str)> {
        std::iter::once((&self.current, CURRENT))
            .chain(self.previous.iter().map(|version| (version, PREVIOUS)))
    }

    /// The version of a stage and an id; the current one when neither is asked for.
    fn version(&self, stage: Option<&str>, id: Option<&str>) -> Option<(&Version, &'static str)> {
        let stage = if id.is_none() { Some(stage.unwrap_or(CURRENT)) } else { stage };
        self.versions().find(|(version, name)| {
            stage.is_none_or(|stage| stage == *name) && id.is_none_or(|id| id == version.id)
        })
    }
}

/// A secret by name, by ARN, or by ARN without its random suffix.
fn find<'a>(secrets: &'a BTreeMap<String, Secret>, id: &str) -> Option<(&'a String, &'a Secret)> {
    if let Some(found) = secrets.get_key_value(id) {
        return Some(found);
    }
    let partial = |arn: &str| arn.rsplit_once('-').is_some_and(|(stem, _)| stem == id);
    secrets.iter().find(|(_, secret)| secret.arn == id || partial(&secret.arn))
}

fn id_of(request: &Value) -> Result<&str, Failure> {
    let missing = || Failure::new(400, "InvalidParameterException", "SecretId is missing");
    request["SecretId"].as_str().ok_or_else(missing)
}

fn content_of(request: &Value) -> Result<Content, Failure> {
    match (request["SecretString"].as_str(), request["SecretBinary"].as_str()) {
        (Some(text), None) => Ok(Content::Text(text.to_owned())),
        (None, Some(binary)) => Ok(Content::Binary(binary.to_owned())),
        _ => {
            let message = "You must provide either SecretString or SecretBinary.";
            Err(Failure::new(400, "InvalidRequestException", message))
        }
    }
}

/// The values of the filters on the name.
fn name_filters(request: &Value) -> Vec<&str> {
    let filters = request["Filters"].as_array().into_iter().flatten();
    let by_name = filters.filter(|filter| filter["Key"] == "name");
    by_name
        .flat_map(|filter| filter["Values"].as_array().into_iter().flatten())
        .filter_map(Value::as_str)
        .collect()
}

fn value_of(name: &str, secret: &Secret, version: &Version, stage: &str) -> Value {
    let mut value = json!({
        "ARN": secret.arn,
        "Name": name,
        "VersionId": version.id,
        "VersionStages": [stage],
        "CreatedDate": version.created,
    });
    match &version.content {
        Content::Text(text) => value["SecretString"] = text.as_str().into(),
        Content::Binary(base64) => value["SecretBinary"] = base64.as_str().into(),
    }
    value
}

fn description_of(name: &str, secret: &Secret) -> Value {
    let stages: BTreeMap<&str, [&str; 1]> =
        secret.versions().map(|(version, stage)| (version.id.as_str(), [stage])).collect();
    let mut value = json!({
        "ARN": secret.arn,
        "Name": name,
        "CreatedDate": secret.previous.as_ref().unwrap_or(&secret.current).created,
        "LastChangedDate": secret.current.created,
        "VersionIdsToStages": stages,
    });
    if let Some(description) = &secret.description {
        value["Description"] = description.as_str().into();
    }
    value
}

fn not_found() -> Failure {
    let message = "Secrets Manager can't find the specified secret.";
    Failure::new(400, "ResourceNotFoundException", message)
}
