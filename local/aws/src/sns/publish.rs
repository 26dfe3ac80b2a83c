//! Publishing: to the subscribers of a topic, to a device, to a phone.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value, json};

use super::request::{Fields, invalid, not_found};
use super::{Attributes, Subscription, Topics, element, filter, list, platform_of};
use crate::inbox::{Channel, Sent};
use crate::names::{last_part, new_id};
use crate::protocol::Failure;
use crate::sqs::{Attribute, NewMessage, is_fifo_name};

/// The largest message, in bytes.
const MAX_BYTES: usize = 262_144;
/// The longest SMS, in characters.
const MAX_SMS: usize = 1600;

/// A message on its way.
struct Publication<'a> {
    id: String,
    text: &'a str,
    subject: Option<&'a str>,
    /// Whether the text is a JSON object with a text per protocol.
    per_protocol: bool,
    attributes: BTreeMap<String, Attribute>,
    group: Option<&'a str>,
    deduplication: Option<String>,
}

impl Topics {
    /// Publishes what the fields with this prefix say; returns the id of the message.
    pub(super) fn publish(
        &self,
        fields: &Fields,
        prefix: &str,
        topic: Option<&str>,
    ) -> Result<String, Failure> {
        let field = |name: &str| fields.get(&format!("{prefix}{name}"));
        let text =
            field("Message").filter(|text| !text.is_empty()).ok_or_else(|| invalid("Empty message"))?;
        if text.len() > MAX_BYTES {
            return Err(invalid("Message too long"));
        }
        let message = Publication {
            id: new_id(),
            text,
            subject: field("Subject"),
            per_protocol: field("MessageStructure") == Some("json"),
            attributes: fields.message_attributes(prefix),
            group: field("MessageGroupId"),
            deduplication: field("MessageDeduplicationId").map(str::to_owned),
        };
        // Refused also when no subscriber would need it.
        message.text_for("default")?;
        if let Some(phone) = field("PhoneNumber") {
            return self.send_sms(&message, phone).map(|()| message.id);
        }
        let target = topic.or_else(|| field("TopicArn")).or_else(|| field("TargetArn"));
        let target =
            target.ok_or_else(|| invalid("TopicArn or TargetArn Reason: no value for required parameter"))?;
        if target.contains(":endpoint/") {
            self.send_push(&message, target)?;
            return Ok(message.id);
        }
        self.fan_out(message, target)
    }

    pub(super) fn publish_batch(&self, fields: &Fields) -> Result<String, Failure> {
        let topic = fields.required("TopicArn")?;
        let prefix = |index: usize| format!("PublishBatchRequestEntries.member.{index}.");
        let ids: Vec<&str> = (1..).map_while(|index| fields.get(&format!("{}Id", prefix(index)))).collect();
        let refused = |code: &str, message: &str| Err(Failure::new(400, code, message));
        if ids.is_empty() {
            return refused("EmptyBatchRequest", "The batch request doesn't contain any entries.");
        }
        if ids.len() > 10 {
            return refused(
                "TooManyEntriesInBatchRequest",
                "The batch request contains more entries than permissible.",
            );
        }
        if ids.iter().collect::<HashSet<_>>().len() < ids.len() {
            return refused(
                "BatchEntryIdsNotDistinct",
                "Two or more batch entries in the request have the same Id.",
            );
        }
        self.lock().topics.get(topic).ok_or_else(|| not_found("Topic"))?;
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for (index, id) in ids.iter().enumerate() {
            let id = element("Id", id);
            match self.publish(fields, &prefix(index + 1), Some(topic)) {
                Ok(message) => successful.push(id + &element("MessageId", &message)),
                Err(failure) => {
                    let fault = element("SenderFault", if failure.status < 500 { "true" } else { "false" });
                    let (code, message) =
                        (element("Code", &failure.code), element("Message", &failure.message));
                    failed.push(id + &code + &message + &fault);
                }
            }
        }
        Ok(list("Successful", successful.into_iter()) + &list("Failed", failed.into_iter()))
    }

    fn fan_out(&self, mut message: Publication<'_>, topic: &str) -> Result<String, Failure> {
        let subscriptions: Vec<Subscription> = {
            let state = self.lock();
            let found = state.topics.get(topic).ok_or_else(|| not_found("Topic"))?;
            if is_fifo_name(topic) {
                message.check_fifo(&found.attributes)?;
            }
            state.subscriptions.values().filter(|each| each.topic == topic).cloned().collect()
        };
        for subscription in subscriptions.iter().filter(|subscription| message.is_wanted_by(subscription)) {
            self.deliver(&message, topic, subscription)?;
        }
        Ok(message.id)
    }

    /// Hands the message to one subscriber. Like AWS, the publisher does not learn of a subscriber who cannot
    /// be reached; only a failure of our own storage is an error.
    fn deliver(
        &self,
        message: &Publication<'_>,
        topic: &str,
        subscription: &Subscription,
    ) -> Result<(), Failure> {
        let endpoint = subscription.endpoint.as_str();
        match subscription.protocol.as_str() {
            "sqs" => self.deliver_to_queue(message, topic, subscription),
            "sms" => self.send_sms(message, endpoint),
            "application" => match self.send_push(message, endpoint) {
                Err(failure) if failure.status < 500 => {
                    tracing::warn!(endpoint, failure.message, "a push could not be delivered");
                    Ok(())
                }
                other => other,
            },
            "email" | "email-json" => {
                let subject = Some(message.subject.unwrap_or("AWS Notification Message").to_owned());
                let attributes = message.attributes_for_inbox();
                self.keep(Channel::Email, endpoint, subject, message.text_for("email")?, attributes)
            }
            protocol => {
                tracing::warn!(topic, protocol, endpoint, "the local SNS does not deliver to this protocol");
                Ok(())
            }
        }
    }

    fn deliver_to_queue(
        &self,
        message: &Publication<'_>,
        topic: &str,
        subscription: &Subscription,
    ) -> Result<(), Failure> {
        let text = message.text_for("sqs")?;
        let raw = subscription.attributes.get("RawMessageDelivery").is_some_and(|value| value == "true");
        let queue = last_part(&subscription.endpoint);
        let fifo = is_fifo_name(queue);
        let new = NewMessage {
            body: if raw { text } else { self.envelope(message, topic, &text) },
            attributes: if raw { message.attributes.clone() } else { BTreeMap::new() },
            group: message.group.map(str::to_owned),
            deduplication: message.deduplication.clone().filter(|_| fifo),
            ..NewMessage::default()
        };
        match self.queues.send(queue, new) {
            Err(error) if error.code() == "InternalFailure" => Err(error.into()),
            Err(error) => {
                tracing::warn!(topic, queue, %error, "a message could not be delivered to a queue");
                Ok(())
            }
            Ok(_) => Ok(()),
        }
    }

    /// The JSON object in which SNS wraps a message for queues.
    fn envelope(&self, message: &Publication<'_>, topic: &str, text: &str) -> String {
        let mut envelope = json!({
            "Type": "Notification",
            "MessageId": message.id,
            "TopicArn": topic,
            "Message": text,
            "Timestamp": self.clock.now().to_string(),
            "SignatureVersion": "1",
            "Signature": "not-signed-by-the-local-cloud",
            "SigningCertURL": "http://localhost/not-signed",
            "UnsubscribeURL": "http://localhost/unsubscribe",
        });
        if let Some(subject) = message.subject {
            envelope["Subject"] = subject.into();
        }
        if !message.attributes.is_empty() {
            let entry = |(name, attribute): (&String, &Attribute)| {
                (name.clone(), json!({ "Type": attribute.data_type, "Value": attribute.value }))
            };
            envelope["MessageAttributes"] =
                message.attributes.iter().map(entry).collect::<Map<_, _>>().into();
        }
        envelope.to_string()
    }

    fn send_sms(&self, message: &Publication<'_>, phone: &str) -> Result<(), Failure> {
        let digits = phone.strip_prefix('+').unwrap_or(phone);
        if !(4..=15).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(invalid(&format!("PhoneNumber Reason: {phone} is not valid to publish to")));
        }
        let text = message.text_for("sms")?;
        if text.chars().count() > MAX_SMS {
            return Err(invalid("Message Reason: Message is longer than an SMS can be"));
        }
        self.keep(Channel::Sms, phone, None, text, message.attributes_for_inbox())
    }

    fn send_push(&self, message: &Publication<'_>, endpoint_arn: &str) -> Result<(), Failure> {
        let (application, endpoint) = {
            let state = self.lock();
            let endpoint = state
                .endpoints
                .get(endpoint_arn)
                .ok_or_else(|| invalid("TargetArn Reason: No endpoint found for the target arn specified"))?;
            (endpoint.application.clone(), endpoint.attributes.clone())
        };
        if endpoint.get("Enabled").is_none_or(|enabled| enabled != "true") {
            return Err(Failure::new(400, "EndpointDisabled", "Endpoint is disabled"));
        }
        let platform = platform_of(&application);
        let mut attributes = message.attributes_for_inbox();
        attributes.insert("EndpointArn".to_owned(), endpoint_arn.to_owned());
        attributes.insert("Platform".to_owned(), platform.to_owned());
        if let Some(user_data) = endpoint.get("CustomUserData") {
            attributes.insert("CustomUserData".to_owned(), user_data.clone());
        }
        let token = endpoint.get("Token").map(String::as_str).unwrap_or_default();
        let subject = message.subject.map(str::to_owned);
        self.keep(Channel::Push, token, subject, message.text_for(platform)?, attributes)
    }

    fn keep(
        &self,
        channel: Channel,
        to: &str,
        subject: Option<String>,
        body: String,
        attributes: Attributes,
    ) -> Result<(), Failure> {
        let sent = Sent { channel, to: to.to_owned(), subject, body, at: self.clock.now(), attributes };
        self.inbox.keep(sent).map_err(|error| Failure::internal(&error))
    }
}

impl Publication<'_> {
    /// The text for a protocol: its own where the message has one per protocol.
    fn text_for(&self, protocol: &str) -> Result<String, Failure> {
        if !self.per_protocol {
            return Ok(self.text.to_owned());
        }
        let texts: Value = serde_json::from_str(self.text)
            .map_err(|_| invalid("Message Structure - JSON message body failed to parse"))?;
        let default = texts["default"].as_str();
        let default =
            default.ok_or_else(|| invalid("Message Structure - No default entry in JSON message body"))?;
        Ok(texts[protocol].as_str().unwrap_or(default).to_owned())
    }

    /// A FIFO topic wants a group and a deduplication id, which it may take from the text.
    fn check_fifo(&mut self, topic: &Attributes) -> Result<(), Failure> {
        if self.group.is_none_or(str::is_empty) {
            return Err(invalid("The MessageGroupId parameter is required for FIFO topics"));
        }
        if self.deduplication.is_none() {
            if topic.get("ContentBasedDeduplication").is_none_or(|value| value != "true") {
                return Err(invalid(
                    "The topic should either have ContentBasedDeduplication enabled or \
                     MessageDeduplicationId provided explicitly",
                ));
            }
            let digest = <sha2::Sha256 as sha2::Digest>::digest(self.text.as_bytes());
            self.deduplication = Some(hex::encode(digest));
        }
        Ok(())
    }

    fn is_wanted_by(&self, subscription: &Subscription) -> bool {
        let policy = subscription.attributes.get("FilterPolicy").filter(|policy| !policy.is_empty());
        let Some(policy) = policy.and_then(|policy| serde_json::from_str(policy).ok()) else { return true };
        let scope = subscription.attributes.get("FilterPolicyScope").map(String::as_str);
        let data = if scope == Some("MessageBody") {
            serde_json::from_str(self.text).unwrap_or_default()
        } else {
            self.attributes
                .iter()
                .map(|(name, attribute)| (name.clone(), typed(attribute)))
                .collect::<Map<_, _>>()
                .into()
        };
        filter::passes(&policy, &data)
    }

    fn attributes_for_inbox(&self) -> Attributes {
        let mut attributes: Attributes =
            self.attributes.iter().map(|(name, attribute)| (name.clone(), attribute.value.clone())).collect();
        attributes.insert("MessageId".to_owned(), self.id.clone());
        attributes
    }
}

/// The value of an attribute as filter policies see it. Binary attributes cannot be filtered on.
fn typed(attribute: &Attribute) -> Value {
    let parsed = || serde_json::from_str(&attribute.value).ok();
    match attribute.data_type.split('.').next() {
        Some("Number") => parsed().unwrap_or_default(),
        Some("Binary") => Value::Null,
        _ if attribute.data_type == "String.Array" => parsed().unwrap_or_default(),
        _ => attribute.value.as_str().into(),
    }
}
