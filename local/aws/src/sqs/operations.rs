//! The SQS operations on the wire: the JSON protocol, its limits and its error codes.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::watch;

use super::queue::{Attribute, Definition, Queue, Stored, is_fifo_name, redrive_policy};
use super::{MESSAGES, Message, NewMessage, QUEUES, QueueError, Queues, SEEN, digest};
use crate::names::last_part;
use crate::observer::Service;
use crate::protocol::{Failure, Reply, read_json};
use crate::store::Change;

/// Most entries of a batch, and most messages of a receive.
const BATCH: usize = 10;
/// The largest message and the largest batch, in bytes.
const MAX_BYTES: usize = 1 << 20;

impl Queues {
    /// The ARN of the queue a request names.
    pub(crate) fn resources(&self, body: &[u8]) -> Vec<String> {
        let Ok(request) = read_json(body) else { return Vec::new() };
        let named =
            ["QueueUrl", "QueueName", "SourceArn"].iter().find_map(|member| request[*member].as_str());
        named.map(|name| self.inner.names.queue(last_part(name))).into_iter().collect()
    }

    /// Answers one operation. `host` is what the caller called us: queue URLs begin with it.
    /// Once `closing` is true, nothing is waited for any more.
    pub(crate) async fn answer(
        &self,
        operation: &str,
        body: &[u8],
        host: &str,
        request_id: &str,
        closing: watch::Receiver<bool>,
    ) -> Reply {
        let result = match (operation, read_json(body)) {
            ("ReceiveMessage", Ok(request)) => {
                self.receive_on_wire(&request, closing).await.map_err(Failure::from)
            }
            (_, Ok(request)) => self.run(operation, &request, host).map_err(Failure::from),
            (_, Err(failure)) => Err(failure),
        };
        match result {
            Ok(value) => Reply::json(Service::Sqs, value.to_string()),
            Err(failure) => Reply::failure(Service::Sqs, &failure, request_id),
        }
    }

    fn run(&self, operation: &str, request: &Value, host: &str) -> Result<Value, QueueError> {
        let queue = request["QueueUrl"].as_str().map(last_part);
        let queue = || queue.ok_or_else(|| QueueError::missing("QueueUrl"));
        let done = |()| json!({});
        match operation {
            "CreateQueue" => {
                let name = text(request, "QueueName")?;
                let tags = strings(request.get("tags").or_else(|| request.get("Tags")));
                self.create_on_wire(name, strings(request.get("Attributes")), tags)?;
                Ok(json!({ "QueueUrl": self.url(host, name) }))
            }
            "GetQueueUrl" => {
                let name = text(request, "QueueName")?;
                self.lock().get(name).ok_or_else(QueueError::no_such_queue)?;
                Ok(json!({ "QueueUrl": self.url(host, name) }))
            }
            "ListQueues" => {
                let prefix = request["QueueNamePrefix"].as_str().unwrap_or_default();
                let queues = self.lock();
                let names = queues.keys().filter(|name| name.starts_with(prefix));
                let urls: Vec<String> = names.map(|name| self.url(host, name)).collect();
                Ok(json!({ "QueueUrls": urls }))
            }
            "DeleteQueue" => self.delete_queue(queue()?).map(done),
            "PurgeQueue" => self.purge(queue()?).map(done),
            "GetQueueAttributes" => self.get_attributes(queue()?, &names(request, "AttributeNames")),
            "SetQueueAttributes" => {
                self.set_attributes(queue()?, strings(request.get("Attributes"))).map(done)
            }
            "TagQueue" | "UntagQueue" => self.change_tags(queue()?, request).map(done),
            "ListQueueTags" => {
                let queues = self.lock();
                let queue = queues.get(queue()?).ok_or_else(QueueError::no_such_queue)?;
                Ok(json!({ "Tags": queue.definition.tags }))
            }
            "SendMessage" => self.send_one(queue()?, request),
            "SendMessageBatch" => self.send_batch(queue()?, request),
            "DeleteMessage" => self.delete(queue()?, text(request, "ReceiptHandle")?).map(done),
            "DeleteMessageBatch" => self.batch(queue()?, request, |name, entry| {
                self.delete(name, text(entry, "ReceiptHandle")?).map(done)
            }),
            "ChangeMessageVisibility" => self.change_one(queue()?, request).map(done),
            "ChangeMessageVisibilityBatch" => {
                self.batch(queue()?, request, |name, entry| self.change_one(name, entry).map(done))
            }
            "ListDeadLetterSourceQueues" => {
                let (target, queues) = (queue()?, self.lock());
                queues.get(target).ok_or_else(QueueError::no_such_queue)?;
                let feeds = |queue: &&Queue| queue.dead_letters().is_some_and(|(name, _)| name == target);
                let urls: Vec<String> =
                    queues.values().filter(feeds).map(|queue| self.url(host, &queue.name)).collect();
                // The one member of the API that AWS writes in lower case.
                Ok(json!({ "queueUrls": urls }))
            }
            "StartMessageMoveTask" => {
                let source = last_part(text(request, "SourceArn")?);
                self.move_messages(source, request["DestinationArn"].as_str().map(last_part))?;
                Ok(json!({ "TaskHandle": crate::names::new_id() }))
            }
            unknown => {
                let message = format!("{unknown} is not served by the local SQS");
                let code = "AWS.SimpleQueueService.UnsupportedOperation";
                Err(QueueError::new("UnsupportedOperation", code, message))
            }
        }
    }

    fn url(&self, host: &str, name: &str) -> String {
        format!("http://{host}/{}/{name}", self.inner.names.account)
    }

    /// As AWS does: creating an equal queue again succeeds, a different one of the same name is refused.
    fn create_on_wire(
        &self,
        name: &str,
        attributes: BTreeMap<String, String>,
        tags: BTreeMap<String, String>,
    ) -> Result<(), QueueError> {
        if let Some(existing) = self.lock().get(name) {
            let differs = |(name, value): (&String, &String)| !same(existing.attribute(name), name, value);
            if attributes.iter().any(differs) {
                let message =
                    "A queue already exists with the same name and a different value for an attribute.";
                return Err(QueueError::new("QueueNameExists", "QueueAlreadyExists", message));
            }
            return Ok(());
        }
        self.create_with(name, attributes, tags)
    }

    pub(super) fn create_with(
        &self,
        name: &str,
        attributes: BTreeMap<String, String>,
        tags: BTreeMap<String, String>,
    ) -> Result<(), QueueError> {
        let fifo = name.strip_suffix(".fifo");
        let stem = fifo.unwrap_or(name);
        let allowed = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
        if stem.is_empty() || name.len() > 80 || !stem.chars().all(allowed) {
            let message =
                "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
            return Err(QueueError::invalid(message));
        }
        let declared_fifo = attributes.get("FifoQueue").is_some_and(|value| value == "true");
        if declared_fifo != fifo.is_some() {
            let message = "The name of a FIFO queue ends in .fifo, and no other does.";
            return Err(QueueError::invalid(message));
        }
        let now_ms = self.inner.clock.now_ms();
        let mut queues = self.lock();
        check_attributes(name, &attributes, &queues)?;
        let definition = Definition { attributes, tags, created_ms: now_ms, modified_ms: now_ms };
        self.write(&[Change::put(QUEUES, name, &definition)])?;
        queues.insert(name.to_owned(), Queue::new(name, definition));
        drop(queues);
        self.announce();
        Ok(())
    }

    pub(super) fn set_attributes(
        &self,
        name: &str,
        attributes: BTreeMap<String, String>,
    ) -> Result<(), QueueError> {
        let now_ms = self.inner.clock.now_ms();
        let mut queues = self.lock();
        check_attributes(name, &attributes, &queues)?;
        let queue = queues.get_mut(name).ok_or_else(QueueError::no_such_queue)?;
        for (name, value) in attributes {
            // An empty policy takes the policy away.
            if value.is_empty() {
                queue.definition.attributes.remove(&name);
            } else {
                queue.definition.attributes.insert(name, value);
            }
        }
        queue.definition.modified_ms = now_ms;
        self.write(&[Change::put(QUEUES, name, &queue.definition)])?;
        drop(queues);
        self.announce();
        Ok(())
    }

    fn get_attributes(&self, name: &str, wanted: &[&str]) -> Result<Value, QueueError> {
        let now_ms = self.inner.clock.now_ms();
        let queues = self.lock();
        let queue = queues.get(name).ok_or_else(QueueError::no_such_queue)?;
        let counts = queue.count(now_ms);
        let mut attributes: BTreeMap<String, String> = super::queue::DEFAULTS
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        attributes.extend(queue.definition.attributes.clone());
        attributes.extend(
            [
                ("QueueArn", self.inner.names.queue(name)),
                ("ApproximateNumberOfMessages", counts.visible.to_string()),
                ("ApproximateNumberOfMessagesNotVisible", counts.in_flight.to_string()),
                ("ApproximateNumberOfMessagesDelayed", counts.delayed.to_string()),
                ("CreatedTimestamp", (queue.definition.created_ms / 1000).to_string()),
                ("LastModifiedTimestamp", (queue.definition.modified_ms / 1000).to_string()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        attributes.retain(|name, _| wanted.iter().any(|wanted| wanted == name || *wanted == "All"));
        Ok(json!({ "Attributes": attributes }))
    }

    fn change_tags(&self, name: &str, request: &Value) -> Result<(), QueueError> {
        let mut queues = self.lock();
        let queue = queues.get_mut(name).ok_or_else(QueueError::no_such_queue)?;
        queue.definition.tags.extend(strings(request.get("Tags")));
        for key in names(request, "TagKeys") {
            queue.definition.tags.remove(key);
        }
        self.write(&[Change::put(QUEUES, name, &queue.definition)])
    }

    fn delete_queue(&self, name: &str) -> Result<(), QueueError> {
        self.lock().remove(name).ok_or_else(QueueError::no_such_queue)?;
        let prefix = format!("{name}/");
        self.write(&[
            Change::delete(QUEUES, name),
            Change::DeleteAll { collection: MESSAGES, prefix: prefix.clone() },
            Change::DeleteAll { collection: SEEN, prefix },
        ])?;
        self.announce();
        Ok(())
    }

    fn purge(&self, name: &str) -> Result<(), QueueError> {
        let mut queues = self.lock();
        let queue = queues.get_mut(name).ok_or_else(QueueError::no_such_queue)?;
        queue.messages.clear();
        self.write(&[Change::DeleteAll { collection: MESSAGES, prefix: format!("{name}/") }])?;
        drop(queues);
        self.announce();
        Ok(())
    }

    fn send_one(&self, name: &str, request: &Value) -> Result<Value, QueueError> {
        let message = message_of(request)?;
        let mut answer = Map::new();
        answer.insert("MD5OfMessageBody".to_owned(), digest::of_body(&message.body).into());
        if let Some(md5) = digest::of_attributes(&message.attributes) {
            answer.insert("MD5OfMessageAttributes".to_owned(), md5.into());
        }
        let accepted = self.send(name, message)?;
        answer.insert("MessageId".to_owned(), accepted.message_id.into());
        if let Some(sequence) = accepted.sequence_number {
            answer.insert("SequenceNumber".to_owned(), sequence.into());
        }
        Ok(answer.into())
    }

    fn send_batch(&self, name: &str, request: &Value) -> Result<Value, QueueError> {
        let entries = request["Entries"].as_array().into_iter().flatten();
        let bytes: usize =
            entries.filter_map(|entry| message_of(entry).ok()).map(|message| size(&message)).sum();
        if bytes > MAX_BYTES {
            let message = format!(
                "Batch requests cannot be longer than {MAX_BYTES} bytes. You have sent {bytes} bytes."
            );
            let code = "AWS.SimpleQueueService.BatchRequestTooLong";
            return Err(QueueError::new("BatchRequestTooLong", code, message));
        }
        self.batch(name, request, |name, entry| self.send_one(name, entry))
    }

    fn change_one(&self, name: &str, request: &Value) -> Result<(), QueueError> {
        let seconds =
            request["VisibilityTimeout"].as_i64().ok_or_else(|| QueueError::missing("VisibilityTimeout"))?;
        self.change_visibility(
            name,
            text(request, "ReceiptHandle")?,
            seconds_in(seconds, 43_200, "VisibilityTimeout")?,
        )
    }

    /// Runs `each` for every entry; one that is refused does not stop the others.
    fn batch(
        &self,
        name: &str,
        request: &Value,
        each: impl Fn(&str, &Value) -> Result<Value, QueueError>,
    ) -> Result<Value, QueueError> {
        self.lock().get(name).ok_or_else(QueueError::no_such_queue)?;
        let entries = request["Entries"].as_array().map(Vec::as_slice).unwrap_or_default();
        check_batch(entries)?;
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for entry in entries {
            match each(name, entry) {
                Ok(mut result) => {
                    result["Id"] = entry["Id"].clone();
                    successful.push(result);
                }
                Err(error) => failed.push(json!({
                    "Id": entry["Id"],
                    "Code": error.code(),
                    "Message": error.to_string(),
                    "SenderFault": error.status() < 500,
                })),
            }
        }
        Ok(json!({ "Successful": successful, "Failed": failed }))
    }

    async fn receive_on_wire(
        &self,
        request: &Value,
        mut closing: watch::Receiver<bool>,
    ) -> Result<Value, QueueError> {
        let name = last_part(text(request, "QueueUrl")?);
        let max = request["MaxNumberOfMessages"].as_i64().unwrap_or(1);
        let max = usize::try_from(max).ok().filter(|max| (1..=BATCH).contains(max)).ok_or_else(|| {
            QueueError::invalid(format!(
                "Value {max} for parameter MaxNumberOfMessages is invalid. \
                 Reason: Must be between 1 and 10, if provided."
            ))
        })?;
        let optional = |member: &str, most: i64| -> Result<Option<Duration>, QueueError> {
            request[member].as_i64().map(|seconds| seconds_in(seconds, most, member)).transpose()
        };
        let visibility = optional("VisibilityTimeout", 43_200)?;
        let wait = optional("WaitTimeSeconds", 20)?;
        let mut system = names(request, "MessageSystemAttributeNames");
        system.extend(names(request, "AttributeNames"));
        let wanted = names(request, "MessageAttributeNames");

        let taken = tokio::select! {
            biased;
            taken = self.receive_for(name, max, visibility, wait) => taken?,
            _ = closing.wait_for(|closing| *closing) => Vec::new(),
        };
        if taken.is_empty() {
            return Ok(json!({}));
        }
        let messages: Vec<Value> = taken
            .into_iter()
            .map(|(sequence, stored): (u64, Stored)| self.message(name, sequence, stored))
            .map(|message| message_on_wire(message, &system, &wanted))
            .collect();
        Ok(json!({ "Messages": messages }))
    }
}

/// The message, with the attributes that were asked for.
fn message_on_wire(mut message: Message, system: &[&str], wanted: &[&str]) -> Value {
    message.attributes.retain(|name, _| system.iter().any(|asked| asked == name || *asked == "All"));
    message.message_attributes.retain(|name, _| wanted.iter().any(|asked| is_asked(asked, name)));
    let mut value = json!({
        "MessageId": message.message_id,
        "ReceiptHandle": message.receipt_handle,
        "Body": message.body,
        "MD5OfBody": message.md5_of_body,
    });
    if !message.attributes.is_empty() {
        value["Attributes"] = json!(message.attributes);
    }
    if let Some(md5) = digest::of_attributes(&message.message_attributes) {
        value["MD5OfMessageAttributes"] = md5.into();
        let attributes = message.message_attributes.iter();
        value["MessageAttributes"] = attributes
            .map(|(name, attribute)| (name.clone(), attribute_on_wire(attribute)))
            .collect::<Map<_, _>>()
            .into();
    }
    value
}

/// Attributes are asked for by name, by a prefix such as `trace.*`, or all.
fn is_asked(asked: &str, name: &str) -> bool {
    asked == name
        || matches!(asked, "All" | ".*")
        || asked.strip_suffix(".*").is_some_and(|prefix| name.starts_with(prefix))
}

fn attribute_on_wire(attribute: &Attribute) -> Value {
    let member = if attribute.is_binary() { "BinaryValue" } else { "StringValue" };
    json!({ "DataType": attribute.data_type, member: attribute.value })
}

/// Reads a message from a `SendMessage` request or an entry of a batch.
fn message_of(request: &Value) -> Result<NewMessage, QueueError> {
    let delay = request["DelaySeconds"].as_i64();
    let given = request["MessageAttributes"].as_object().into_iter().flatten();
    let attributes: BTreeMap<String, Attribute> = given
        .map(|(name, value)| Ok((name.clone(), attribute_of(name, value)?)))
        .collect::<Result<_, QueueError>>()?;
    let optional = |member: &str| request[member].as_str().map(str::to_owned);
    Ok(NewMessage {
        body: text(request, "MessageBody")?.to_owned(),
        attributes,
        group: optional("MessageGroupId"),
        deduplication: optional("MessageDeduplicationId"),
        delay: delay.map(|seconds| seconds_in(seconds, 900, "DelaySeconds")).transpose()?,
        trace: request
            .pointer("/MessageSystemAttributes/AWSTraceHeader/StringValue")
            .and_then(Value::as_str)
            .map(str::to_owned),
    })
}

fn attribute_of(name: &str, value: &Value) -> Result<Attribute, QueueError> {
    let refused = |what: &str| QueueError::invalid(format!("The message attribute '{name}' {what}"));
    let data_type = value["DataType"].as_str().unwrap_or_default().to_owned();
    let kind = data_type.split('.').next().unwrap_or_default();
    let member = match kind {
        "String" | "Number" => "StringValue",
        "Binary" => "BinaryValue",
        _ => return Err(refused("has an invalid data type; it must begin with String, Number or Binary.")),
    };
    let text = value[member].as_str().filter(|text| !text.is_empty());
    let text = text.ok_or_else(|| refused("must contain a non-empty value of its data type."))?;
    Ok(Attribute { data_type, value: text.to_owned() })
}

/// The message, if the queue takes it. In a FIFO queue with content-based deduplication it gets its id here.
pub(super) fn checked(queue: &Queue, mut message: NewMessage) -> Result<NewMessage, QueueError> {
    if message.body.is_empty() {
        return Err(QueueError::missing("MessageBody"));
    }
    if !message.body.chars().all(is_allowed) {
        let text = "The message contains characters outside the allowed set.";
        return Err(QueueError::plain("InvalidMessageContents", text));
    }
    if message.attributes.len() > 10 {
        return Err(QueueError::invalid("Number of message attributes exceeds the allowed maximum of 10."));
    }
    let limit = usize::try_from(queue.number("MaximumMessageSize")).unwrap_or(MAX_BYTES);
    if size(&message) > limit {
        let text = format!(
            "One or more parameters are invalid. Reason: Message must be shorter than {limit} bytes."
        );
        return Err(QueueError::invalid(text));
    }
    if message.delay.is_some_and(|delay| delay > Duration::from_mins(15)) {
        return Err(QueueError::invalid("DelaySeconds must be between 0 and 900."));
    }
    if !queue.is_fifo() {
        if message.deduplication.is_some() {
            let text = "The request includes MessageDeduplicationId, which is not valid for this queue type.";
            return Err(QueueError::invalid(text));
        }
        return Ok(message);
    }
    if message.group.as_deref().is_none_or(str::is_empty) {
        return Err(QueueError::missing("MessageGroupId"));
    }
    if message.delay.is_some_and(|delay| !delay.is_zero()) {
        let text = "The request include parameter DelaySeconds, which is not valid for this queue type.";
        return Err(QueueError::invalid(text));
    }
    message.delay = None;
    if message.deduplication.is_none() {
        if queue.attribute("ContentBasedDeduplication") != Some("true") {
            let text = "The queue should either have ContentBasedDeduplication enabled or \
                        MessageDeduplicationId provided explicitly";
            return Err(QueueError::invalid(text));
        }
        let content = <sha2::Sha256 as sha2::Digest>::digest(message.body.as_bytes());
        message.deduplication = Some(hex::encode(content));
    }
    Ok(message)
}

/// Under which id a FIFO queue recognises the message again: within the queue, or within its group.
pub(super) fn deduplication_scope(queue: &Queue, message: &NewMessage) -> Option<String> {
    let id = message.deduplication.as_ref()?;
    match (queue.attribute("DeduplicationScope"), &message.group) {
        (Some("messageGroup"), Some(group)) => Some(format!("{group}/{id}")),
        _ => Some(id.clone()),
    }
}

/// What a message counts for, in bytes.
fn size(message: &NewMessage) -> usize {
    let attribute = |(name, attribute): (&String, &Attribute)| {
        let value = attribute.value.len();
        let value = if attribute.is_binary() { value / 4 * 3 } else { value };
        name.len() + attribute.data_type.len() + value
    };
    message.body.len() + message.attributes.iter().map(attribute).sum::<usize>()
}

/// The characters SQS carries: those of XML 1.0.
fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn check_batch(entries: &[Value]) -> Result<(), QueueError> {
    let refused = |code, query_code, message: &str| Err(QueueError::new(code, query_code, message));
    if entries.is_empty() {
        let message = "There should be at least one entry in the request.";
        return refused("EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest", message);
    }
    if entries.len() > BATCH {
        let code = "AWS.SimpleQueueService.TooManyEntriesInBatchRequest";
        let message = "Maximum number of entries per request are 10.";
        return refused("TooManyEntriesInBatchRequest", code, message);
    }
    let mut ids = HashSet::new();
    for entry in entries {
        let id = entry["Id"].as_str().unwrap_or_default();
        let allowed = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
        if id.is_empty() || id.len() > 80 || !id.chars().all(allowed) {
            let code = "AWS.SimpleQueueService.InvalidBatchEntryId";
            let message = "A batch entry id has 1 to 80 alphanumeric characters, hyphens and underscores.";
            return refused("InvalidBatchEntryId", code, message);
        }
        if !ids.insert(id) {
            let code = "AWS.SimpleQueueService.BatchEntryIdsNotDistinct";
            return refused("BatchEntryIdsNotDistinct", code, "Two or more batch entries have the same Id.");
        }
    }
    Ok(())
}

/// Attributes with a range of numbers.
const NUMBERS: [(&str, std::ops::RangeInclusive<i64>); 5] = [
    ("VisibilityTimeout", 0..=43_200),
    ("DelaySeconds", 0..=900),
    ("MaximumMessageSize", 1024..=1_048_576),
    ("MessageRetentionPeriod", 60..=1_209_600),
    ("ReceiveMessageWaitTimeSeconds", 0..=20),
];

/// Attributes that are kept and told, and whose value is the caller's affair.
const OTHERS: [&str; 10] = [
    "Policy",
    "FifoQueue",
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "FifoThroughputLimit",
    "RedriveAllowPolicy",
    "KmsMasterKeyId",
    "KmsDataKeyReusePeriodSeconds",
    "SqsManagedSseEnabled",
    "RedrivePolicy",
];

fn check_attributes(
    queue: &str,
    attributes: &BTreeMap<String, String>,
    queues: &BTreeMap<String, Queue>,
) -> Result<(), QueueError> {
    for (name, value) in attributes {
        let refused =
            || QueueError::plain("InvalidAttributeValue", format!("Invalid value for the parameter {name}."));
        if let Some((_, range)) = NUMBERS.iter().find(|(known, _)| known == name) {
            if !value.parse().is_ok_and(|number: i64| range.contains(&number)) {
                return Err(refused());
            }
        } else if name == "RedrivePolicy" && !value.is_empty() {
            let (target, count) = redrive_policy(value).ok_or_else(refused)?;
            if !(1..=1000).contains(&count) || is_fifo_name(&target) != is_fifo_name(queue) {
                return Err(refused());
            }
            if !queues.contains_key(&target) {
                let message = format!(
                    "Value {value} for parameter RedrivePolicy is invalid. \
                     Reason: Dead letter target does not exist."
                );
                return Err(QueueError::invalid(message));
            }
        } else if !OTHERS.contains(&name.as_str()) {
            let message = format!("Unknown Attribute {name}.");
            return Err(QueueError::plain("InvalidAttributeName", message));
        }
    }
    Ok(())
}

/// Whether an existing attribute says the same as a requested one; policies are compared by their meaning.
fn same(existing: Option<&str>, name: &str, requested: &str) -> bool {
    let meaning = |text: &str| -> Option<Value> { serde_json::from_str(text).ok() };
    match existing {
        Some(existing) if name == "RedrivePolicy" => redrive_policy(existing) == redrive_policy(requested),
        Some(existing) if name.ends_with("olicy") => meaning(existing) == meaning(requested),
        Some(existing) => existing == requested,
        None => matches!(requested, "" | "false"),
    }
}

fn seconds_in(seconds: i64, most: i64, parameter: &str) -> Result<Duration, QueueError> {
    let allowed = u64::try_from(seconds).ok().filter(|_| seconds <= most);
    allowed.map(Duration::from_secs).ok_or_else(|| {
        QueueError::invalid(format!(
            "Value {seconds} for parameter {parameter} is invalid. \
             Reason: Must be between 0 and {most}, if provided."
        ))
    })
}

fn text<'a>(request: &'a Value, member: &str) -> Result<&'a str, QueueError> {
    request[member].as_str().ok_or_else(|| QueueError::missing(member))
}

/// A list of strings; absent means empty.
fn names<'a>(request: &'a Value, member: &str) -> Vec<&'a str> {
    request[member].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// A map of strings; absent means empty.
fn strings(map: Option<&Value>) -> BTreeMap<String, String> {
    let entries = map.and_then(Value::as_object).into_iter().flatten();
    entries.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}
