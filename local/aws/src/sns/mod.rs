//! SNS: topics, subscriptions and device endpoints; queues get what is published, people get it in the inbox.

mod filter;
mod publish;
mod request;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::clock::VirtualClock;
use crate::inbox::Inbox;
use crate::names::{Names, last_part, new_id};
use crate::observer::Service;
use crate::protocol::{Failure, Reply, escape_xml};
use crate::sqs::{Queues, is_fifo_name};
use crate::store::{Change, Store};
use request::{Fields, invalid, not_found};

/// All topics, subscriptions, platform applications and endpoints.
pub(crate) struct Topics {
    state: Mutex<State>,
    store: Arc<Store>,
    queues: Queues,
    inbox: Inbox,
    clock: VirtualClock,
    names: Names,
}

type Attributes = BTreeMap<String, String>;

/// Everything by its ARN.
#[derive(Default)]
struct State {
    topics: BTreeMap<String, Topic>,
    subscriptions: BTreeMap<String, Subscription>,
    applications: BTreeMap<String, Attributes>,
    endpoints: BTreeMap<String, Endpoint>,
    /// Settings for SMS: `DefaultSMSType`, `DefaultSenderID`, ...
    sms: Attributes,
}

#[derive(Clone, Serialize, Deserialize)]
struct Topic {
    attributes: Attributes,
    tags: Attributes,
}

#[derive(Clone, Serialize, Deserialize)]
struct Subscription {
    topic: String,
    protocol: String,
    endpoint: String,
    attributes: Attributes,
}

/// An app on a device. Its attributes are `Token`, `Enabled` and perhaps `CustomUserData`.
#[derive(Clone, Serialize, Deserialize)]
struct Endpoint {
    application: String,
    attributes: Attributes,
}

/// Collections in the store.
const TOPICS: &str = "topic";
const SUBSCRIPTIONS: &str = "subscription";
const APPLICATIONS: &str = "platform-application";
const ENDPOINTS: &str = "endpoint";
const SMS: &str = "sms-attributes";

impl Topics {
    /// Reads back what the store holds.
    pub fn open(
        store: Arc<Store>,
        queues: Queues,
        inbox: Inbox,
        clock: VirtualClock,
        names: Names,
    ) -> rusqlite::Result<Self> {
        let state = State {
            topics: store.load(TOPICS)?.into_iter().collect(),
            subscriptions: store.load(SUBSCRIPTIONS)?.into_iter().collect(),
            applications: store.load(APPLICATIONS)?.into_iter().collect(),
            endpoints: store.load(ENDPOINTS)?.into_iter().collect(),
            sms: store.load(SMS)?.into_iter().next().map(|(_, attributes)| attributes).unwrap_or_default(),
        };
        Ok(Self { state: Mutex::new(state), store, queues, inbox, clock, names })
    }

    /// The ARNs a request names. A publication to a phone number names none.
    pub fn resources(&self, operation: &str, body: &[u8]) -> Vec<String> {
        let fields = Fields::parse(body);
        if operation == "CreateTopic" {
            return fields.get("Name").map(|name| self.names.arn("sns", name)).into_iter().collect();
        }
        let members = [
            "TopicArn",
            "TargetArn",
            "SubscriptionArn",
            "EndpointArn",
            "PlatformApplicationArn",
            "ResourceArn",
        ];
        members.iter().filter_map(|member| fields.get(member)).map(str::to_owned).collect()
    }

    /// Answers one operation.
    pub fn answer(&self, operation: &str, body: &[u8], request_id: &str) -> Reply {
        match self.run(operation, &Fields::parse(body)) {
            Ok(result) => Reply::xml(Service::Sns, operation, &result, request_id),
            Err(failure) => Reply::failure(Service::Sns, &failure, request_id),
        }
    }

    /// The result of the operation, as XML.
    fn run(&self, operation: &str, fields: &Fields) -> Result<String, Failure> {
        match operation {
            "CreateTopic" => self.create_topic(fields),
            "DeleteTopic" => self.delete_topic(fields),
            "ListTopics" => {
                let state = self.lock();
                let topics = state.topics.keys().map(|arn| element("TopicArn", arn));
                Ok(list("Topics", topics))
            }
            "GetTopicAttributes" => self.topic_attributes(fields),
            "SetTopicAttributes" => self.set_topic_attribute(fields),
            "TagResource" | "UntagResource" => self.change_tags(fields),
            "ListTagsForResource" => {
                let (arn, state) = (fields.required("ResourceArn")?, self.lock());
                let topic = state.topics.get(arn).ok_or_else(|| not_found("Resource"))?;
                let tag = |(key, value): (&String, &String)| element("Key", key) + &element("Value", value);
                Ok(list("Tags", topic.tags.iter().map(tag)))
            }
            "Subscribe" => self.subscribe(fields),
            "Unsubscribe" => {
                let arn = fields.required("SubscriptionArn")?;
                self.write(&[Change::delete(SUBSCRIPTIONS, arn)])?;
                self.lock().subscriptions.remove(arn);
                Ok(String::new())
            }
            "ListSubscriptions" => Ok(self.list_subscriptions(|_| true)),
            "ListSubscriptionsByTopic" => {
                let topic = fields.required("TopicArn")?;
                self.lock().topics.get(topic).ok_or_else(|| not_found("Topic"))?;
                Ok(self.list_subscriptions(|subscription| subscription.topic == topic))
            }
            "GetSubscriptionAttributes" => self.subscription_attributes(fields),
            "SetSubscriptionAttributes" => self.set_subscription_attribute(fields),
            "Publish" => self.publish(fields, "", None).map(|id| element("MessageId", &id)),
            "PublishBatch" => self.publish_batch(fields),
            "CreatePlatformApplication" => self.create_application(fields),
            "DeletePlatformApplication" => self.delete_application(fields),
            "ListPlatformApplications" => {
                let state = self.lock();
                let applications = state.applications.iter();
                let member = |(arn, attributes): (&String, &Attributes)| {
                    element("PlatformApplicationArn", arn) + &map("Attributes", attributes)
                };
                Ok(list("PlatformApplications", applications.map(member)))
            }
            "GetPlatformApplicationAttributes" => {
                let (arn, state) = (fields.required("PlatformApplicationArn")?, self.lock());
                let found = state.applications.get(arn);
                found.map(|found| map("Attributes", found)).ok_or_else(|| not_found("PlatformApplication"))
            }
            "SetPlatformApplicationAttributes" => {
                let (arn, mut state) = (fields.required("PlatformApplicationArn")?, self.lock());
                let found =
                    state.applications.get_mut(arn).ok_or_else(|| not_found("PlatformApplication"))?;
                found.extend(fields.map("Attributes"));
                self.write(&[Change::put(APPLICATIONS, arn, found)]).map(|()| String::new())
            }
            "CreatePlatformEndpoint" => self.create_endpoint(fields),
            "GetEndpointAttributes" => {
                let (arn, state) = (fields.required("EndpointArn")?, self.lock());
                let found = state.endpoints.get(arn).ok_or_else(|| not_found("Endpoint"))?;
                Ok(map("Attributes", &found.attributes))
            }
            "SetEndpointAttributes" => {
                let (arn, mut state) = (fields.required("EndpointArn")?, self.lock());
                let found = state.endpoints.get_mut(arn).ok_or_else(|| not_found("Endpoint"))?;
                found.attributes.extend(fields.map("Attributes"));
                self.write(&[Change::put(ENDPOINTS, arn, found)]).map(|()| String::new())
            }
            "DeleteEndpoint" => {
                let arn = fields.required("EndpointArn")?;
                self.lock().endpoints.remove(arn);
                self.write(&[Change::delete(ENDPOINTS, arn)]).map(|()| String::new())
            }
            "ListEndpointsByPlatformApplication" => {
                let (application, state) = (fields.required("PlatformApplicationArn")?, self.lock());
                let theirs = state.endpoints.iter().filter(|(_, each)| each.application == application);
                let member = |(arn, endpoint): (&String, &Endpoint)| {
                    element("EndpointArn", arn) + &map("Attributes", &endpoint.attributes)
                };
                Ok(list("Endpoints", theirs.map(member)))
            }
            "SetSMSAttributes" => {
                let mut state = self.lock();
                state.sms.extend(fields.map("attributes"));
                self.write(&[Change::put(SMS, "", &state.sms)]).map(|()| String::new())
            }
            "GetSMSAttributes" => {
                let wanted = fields.list("attributes");
                let mut attributes = self.lock().sms.clone();
                attributes.retain(|name, _| wanted.is_empty() || wanted.contains(&name.as_str()));
                Ok(map("attributes", &attributes))
            }
            // Nobody can opt out of a phone that does not exist.
            "CheckIfPhoneNumberIsOptedOut" => {
                fields.required("phoneNumber").map(|_| element("isOptedOut", "false"))
            }
            unknown => {
                let message = format!("{unknown} is not served by the local SNS");
                Err(Failure::new(400, "InvalidAction", message))
            }
        }
    }

    fn create_topic(&self, fields: &Fields) -> Result<String, Failure> {
        let name = fields.required("Name")?;
        let stem = name.strip_suffix(".fifo").unwrap_or(name);
        let allowed = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
        if stem.is_empty() || name.len() > 256 || !stem.chars().all(allowed) {
            return Err(invalid("Topic Name"));
        }
        let attributes = fields.map("Attributes");
        if is_fifo_name(name) != attributes.get("FifoTopic").is_some_and(|value| value == "true") {
            return Err(invalid("Fifo Topic names must end with .fifo, and no others may"));
        }
        let arn = self.names.arn("sns", name);
        let mut state = self.lock();
        if !state.topics.contains_key(&arn) {
            let topic = Topic { attributes, tags: fields.tags() };
            self.write(&[Change::put(TOPICS, &*arn, &topic)])?;
            state.topics.insert(arn.clone(), topic);
        }
        Ok(element("TopicArn", &arn))
    }

    /// Deletes the topic and its subscriptions; deleting one that is not there succeeds, as in AWS.
    fn delete_topic(&self, fields: &Fields) -> Result<String, Failure> {
        let arn = fields.required("TopicArn")?;
        let mut state = self.lock();
        let subscriptions = state.subscriptions.iter().filter(|(_, subscription)| subscription.topic == arn);
        let subscriptions: Vec<String> =
            subscriptions.map(|(subscription, _)| subscription.clone()).collect();
        let mut changes = vec![Change::delete(TOPICS, arn)];
        changes.extend(subscriptions.iter().map(|subscription| Change::delete(SUBSCRIPTIONS, subscription)));
        self.write(&changes)?;
        state.topics.remove(arn);
        state.subscriptions.retain(|_, subscription| subscription.topic != arn);
        Ok(String::new())
    }

    fn topic_attributes(&self, fields: &Fields) -> Result<String, Failure> {
        let arn = fields.required("TopicArn")?;
        let state = self.lock();
        let topic = state.topics.get(arn).ok_or_else(|| not_found("Topic"))?;
        let subscribers =
            state.subscriptions.values().filter(|subscription| subscription.topic == arn).count();
        let mut attributes = topic.attributes.clone();
        attributes.entry("DisplayName".to_owned()).or_default();
        attributes.insert("TopicArn".to_owned(), arn.to_owned());
        attributes.insert("Owner".to_owned(), self.names.account.to_string());
        attributes.insert("SubscriptionsConfirmed".to_owned(), subscribers.to_string());
        attributes.insert("SubscriptionsPending".to_owned(), "0".to_owned());
        attributes.insert("SubscriptionsDeleted".to_owned(), "0".to_owned());
        Ok(map("Attributes", &attributes))
    }

    fn set_topic_attribute(&self, fields: &Fields) -> Result<String, Failure> {
        let (arn, name) = (fields.required("TopicArn")?, fields.required("AttributeName")?);
        let mut state = self.lock();
        let topic = state.topics.get_mut(arn).ok_or_else(|| not_found("Topic"))?;
        let value = fields.get("AttributeValue").unwrap_or_default();
        topic.attributes.insert(name.to_owned(), value.to_owned());
        self.write(&[Change::put(TOPICS, arn, topic)]).map(|()| String::new())
    }

    fn change_tags(&self, fields: &Fields) -> Result<String, Failure> {
        let arn = fields.required("ResourceArn")?;
        let mut state = self.lock();
        let topic = state.topics.get_mut(arn).ok_or_else(|| not_found("Resource"))?;
        topic.tags.extend(fields.tags());
        for key in fields.list("TagKeys") {
            topic.tags.remove(key);
        }
        self.write(&[Change::put(TOPICS, arn, topic)]).map(|()| String::new())
    }

    /// Every subscription counts as confirmed at once: there is nobody to ask.
    fn subscribe(&self, fields: &Fields) -> Result<String, Failure> {
        let (topic, protocol) = (fields.required("TopicArn")?, fields.required("Protocol")?);
        let endpoint = fields.get("Endpoint").unwrap_or_default();
        let known =
            ["sqs", "sms", "email", "email-json", "application", "lambda", "http", "https", "firehose"];
        if !known.contains(&protocol) {
            return Err(invalid(&format!("Protocol Reason: {protocol} is not a protocol of SNS")));
        }
        let attributes = fields.map("Attributes");
        check_filter(attributes.get("FilterPolicy").map(String::as_str))?;
        let mut state = self.lock();
        state.topics.get(topic).ok_or_else(|| not_found("Topic"))?;
        let twin = |each: &&Subscription| {
            each.topic == topic && each.protocol == protocol && each.endpoint == endpoint
        };
        if let Some((arn, twin)) = state.subscriptions.iter().find(|(_, each)| twin(each)) {
            if !attributes.is_empty() && twin.attributes != attributes {
                return Err(invalid(
                    "Attributes Reason: Subscription already exists with different attributes",
                ));
            }
            return Ok(element("SubscriptionArn", arn));
        }
        if matches!(protocol, "lambda" | "http" | "https" | "firehose") {
            tracing::warn!(topic, protocol, endpoint, "the local SNS does not deliver to this protocol");
        }
        let arn = format!("{topic}:{}", new_id());
        let subscription = Subscription {
            topic: topic.to_owned(),
            protocol: protocol.to_owned(),
            endpoint: endpoint.to_owned(),
            attributes,
        };
        self.write(&[Change::put(SUBSCRIPTIONS, &*arn, &subscription)])?;
        state.subscriptions.insert(arn.clone(), subscription);
        Ok(element("SubscriptionArn", &arn))
    }

    fn list_subscriptions(&self, wanted: impl Fn(&Subscription) -> bool) -> String {
        let state = self.lock();
        let chosen = state.subscriptions.iter().filter(|(_, subscription)| wanted(subscription));
        let member = |(arn, subscription): (&String, &Subscription)| {
            let fields = [
                ("SubscriptionArn", arn.as_str()),
                ("Owner", &self.names.account),
                ("Protocol", &subscription.protocol),
                ("Endpoint", &subscription.endpoint),
                ("TopicArn", &subscription.topic),
            ];
            fields.map(|(name, value)| element(name, value)).concat()
        };
        list("Subscriptions", chosen.map(member))
    }

    fn subscription_attributes(&self, fields: &Fields) -> Result<String, Failure> {
        let arn = fields.required("SubscriptionArn")?;
        let state = self.lock();
        let subscription = state.subscriptions.get(arn).ok_or_else(|| not_found("Subscription"))?;
        let mut attributes = subscription.attributes.clone();
        attributes.entry("RawMessageDelivery".to_owned()).or_insert_with(|| "false".to_owned());
        let own = [
            ("SubscriptionArn", arn),
            ("TopicArn", &subscription.topic),
            ("Protocol", &subscription.protocol),
            ("Endpoint", &subscription.endpoint),
            ("Owner", &self.names.account),
            ("PendingConfirmation", "false"),
        ];
        attributes.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
        Ok(map("Attributes", &attributes))
    }

    fn set_subscription_attribute(&self, fields: &Fields) -> Result<String, Failure> {
        let (arn, name) = (fields.required("SubscriptionArn")?, fields.required("AttributeName")?);
        let value = fields.get("AttributeValue").unwrap_or_default();
        if name == "FilterPolicy" {
            check_filter(Some(value))?;
        }
        let mut state = self.lock();
        let subscription = state.subscriptions.get_mut(arn).ok_or_else(|| not_found("Subscription"))?;
        subscription.attributes.insert(name.to_owned(), value.to_owned());
        self.write(&[Change::put(SUBSCRIPTIONS, arn, subscription)]).map(|()| String::new())
    }

    fn create_application(&self, fields: &Fields) -> Result<String, Failure> {
        let (platform, name) = (fields.required("Platform")?, fields.required("Name")?);
        let arn = self.names.arn("sns", &format!("app/{platform}/{name}"));
        let mut attributes = fields.map("Attributes");
        attributes.entry("Enabled".to_owned()).or_insert_with(|| "true".to_owned());
        self.write(&[Change::put(APPLICATIONS, &*arn, &attributes)])?;
        self.lock().applications.insert(arn.clone(), attributes);
        Ok(element("PlatformApplicationArn", &arn))
    }

    fn delete_application(&self, fields: &Fields) -> Result<String, Failure> {
        let arn = fields.required("PlatformApplicationArn")?;
        let mut state = self.lock();
        let theirs = state.endpoints.iter().filter(|(_, endpoint)| endpoint.application == arn);
        let mut changes: Vec<Change> =
            theirs.map(|(endpoint, _)| Change::delete(ENDPOINTS, endpoint)).collect();
        changes.push(Change::delete(APPLICATIONS, arn));
        self.write(&changes)?;
        state.applications.remove(arn);
        state.endpoints.retain(|_, endpoint| endpoint.application != arn);
        Ok(String::new())
    }

    /// The endpoint of a token; asked for again with the same data, it is the same endpoint.
    fn create_endpoint(&self, fields: &Fields) -> Result<String, Failure> {
        let (application, token) = (fields.required("PlatformApplicationArn")?, fields.required("Token")?);
        let user_data = fields.get("CustomUserData");
        let mut state = self.lock();
        state.applications.get(application).ok_or_else(|| not_found("PlatformApplication"))?;
        let same_device = |each: &&Endpoint| {
            each.application == application
                && each.attributes.get("Token").is_some_and(|known| known == token)
        };
        if let Some((arn, known)) = state.endpoints.iter().find(|(_, each)| same_device(each)) {
            if known.attributes.get("CustomUserData").map(String::as_str) != user_data {
                return Err(invalid(&format!(
                    "Token Reason: Endpoint {arn} already exists with the same Token, but different \
                     attributes."
                )));
            }
            return Ok(element("EndpointArn", arn));
        }
        let arn = format!("{}/{}", application.replacen(":app/", ":endpoint/", 1), new_id());
        let mut attributes = fields.map("Attributes");
        attributes.entry("Enabled".to_owned()).or_insert_with(|| "true".to_owned());
        attributes.insert("Token".to_owned(), token.to_owned());
        if let Some(user_data) = user_data {
            attributes.insert("CustomUserData".to_owned(), user_data.to_owned());
        }
        let endpoint = Endpoint { application: application.to_owned(), attributes };
        self.write(&[Change::put(ENDPOINTS, &*arn, &endpoint)])?;
        state.endpoints.insert(arn.clone(), endpoint);
        Ok(element("EndpointArn", &arn))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, changes: &[Change]) -> Result<(), Failure> {
        self.store.write(changes).map_err(|error| Failure::internal(&error))
    }
}

/// A filter policy is a JSON object; an empty text takes it away.
fn check_filter(policy: Option<&str>) -> Result<(), Failure> {
    let Some(policy) = policy.filter(|policy| !policy.is_empty()) else { return Ok(()) };
    let parsed: Result<serde_json::Map<String, serde_json::Value>, _> = serde_json::from_str(policy);
    parsed.map(|_| ()).map_err(|_| invalid("FilterPolicy: failed to parse JSON"))
}

/// The platform in the ARN of an application: `app/<platform>/<name>`.
fn platform_of(application: &str) -> &str {
    application.rsplit_once('/').map_or("", |(head, _)| last_part(head))
}

fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escape_xml(text))
}

fn list(name: &str, members: impl Iterator<Item = String>) -> String {
    let members = members.fold(String::new(), |mut all, member| {
        // Writing to a String cannot fail.
        let _infallible = write!(all, "<member>{member}</member>");
        all
    });
    format!("<{name}>{members}</{name}>")
}

fn map(name: &str, entries: &Attributes) -> String {
    let entries = entries.iter().fold(String::new(), |mut all, (key, value)| {
        all.push_str("<entry>");
        all.push_str(&element("key", key));
        all.push_str(&element("value", value));
        all.push_str("</entry>");
        all
    });
    format!("<{name}>{entries}</{name}>")
}
