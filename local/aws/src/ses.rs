//! SES v2: `SendEmail`, whose mails land in the inbox.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::clock::VirtualClock;
use crate::inbox::{Channel, Inbox, Sent};
use crate::names::new_id;
use crate::observer::Service;
use crate::protocol::{Failure, Reply, read_json};

const SEND: &str = "SendEmail";

/// The operation that a method and a path stand for; empty when none does.
pub(crate) fn operation(method: &http::Method, path: &str) -> &'static str {
    match (method, path.trim_end_matches('/')) {
        (&http::Method::POST, "/v2/email/outbound-emails") => SEND,
        (&http::Method::GET, "/v2/email/account") => "GetAccount",
        _ => "",
    }
}

/// Answers one operation.
pub(crate) fn answer(operation: &str, body: &[u8], clock: &VirtualClock, inbox: &Inbox, id: &str) -> Reply {
    let result = match operation {
        SEND => send(body, clock, inbox),
        "GetAccount" => Ok(json!({ "SendingEnabled": true, "ProductionAccessEnabled": true })),
        _ => Err(Failure::new(404, "NotFoundException", "Not served by the local SES")),
    };
    match result {
        Ok(value) => Reply::json(Service::Ses, value.to_string()),
        Err(failure) => Reply::failure(Service::Ses, &failure, id),
    }
}

/// The identities (sender, then recipients are not resources) that IAM would check: the sender's address.
pub(crate) fn sender(body: &[u8]) -> Option<String> {
    let request = read_json(body).ok()?;
    let from = request["FromEmailAddress"].as_str()?;
    // `Name <address>` or the bare address.
    let address = from.rsplit_once('<').map_or(from, |(_, rest)| rest.trim_end_matches('>'));
    Some(address.trim().to_owned())
}

fn send(body: &[u8], clock: &VirtualClock, inbox: &Inbox) -> Result<Value, Failure> {
    let request = read_json(body)?;
    let destination = &request["Destination"];
    let [to, cc, bcc] =
        ["ToAddresses", "CcAddresses", "BccAddresses"].map(|kind| addresses(&destination[kind]));
    let recipients: Vec<&str> = [&to, &cc, &bcc].into_iter().flatten().map(String::as_str).collect();
    if recipients.len() > 50 {
        return Err(bad("Recipient count exceeds 50"));
    }
    let id = new_id();
    let mut attributes = BTreeMap::from([("MessageId".to_owned(), id.clone())]);
    for (name, list) in [("Cc", &cc), ("Bcc", &bcc), ("ReplyTo", &addresses(&request["ReplyToAddresses"]))] {
        if !list.is_empty() {
            attributes.insert(name.to_owned(), list.join(", "));
        }
    }
    for tag in request["EmailTags"].as_array().into_iter().flatten() {
        if let (Some(name), Some(value)) = (tag["Name"].as_str(), tag["Value"].as_str()) {
            attributes.insert(format!("tag:{name}"), value.to_owned());
        }
    }
    let (subject, body) = content(&request["Content"], &mut attributes)?;
    let raw = request["Content"].get("Raw").is_some();
    // A raw message carries its own headers, so its sender and recipients may be named only there.
    let header = |name: &str| if raw { mime_header(&body, name) } else { None };
    let from = request["FromEmailAddress"].as_str().map(str::to_owned).or_else(|| header("From"));
    attributes.insert("From".to_owned(), from.ok_or_else(|| bad("FromEmailAddress is missing"))?);
    let to = if recipients.is_empty() { header("To") } else { Some(to.join(", ")) };
    let to = to.ok_or_else(|| bad("Recipients are missing"))?;
    let subject = subject.or_else(|| header("Subject"));
    let sent = Sent { channel: Channel::Email, to, subject, body, at: clock.now(), attributes };
    inbox.keep(sent).map_err(|error| Failure::internal(&error))?;
    Ok(json!({ "MessageId": id }))
}

/// Subject and text of a mail. The HTML is an attribute when there is a text beside it.
fn content(
    content: &Value,
    attributes: &mut BTreeMap<String, String>,
) -> Result<(Option<String>, String), Failure> {
    let data = |part: &Value| part["Data"].as_str().map(str::to_owned);
    if let Some(simple) = content.get("Simple") {
        let (text, html) = (data(&simple["Body"]["Text"]), data(&simple["Body"]["Html"]));
        let subject = data(&simple["Subject"]).ok_or_else(|| bad("Subject is missing"))?;
        if let Some(html) = &html {
            attributes.insert("Html".to_owned(), html.clone());
        }
        let body = text.or(html).ok_or_else(|| bad("The body has neither text nor HTML"))?;
        return Ok((Some(subject), body));
    }
    if let Some(raw) = content.get("Raw") {
        let encoded = raw["Data"].as_str().ok_or_else(|| bad("Raw.Data is missing"))?;
        let bytes = STANDARD.decode(encoded).map_err(|_| bad("Raw.Data is not base64"))?;
        return Ok((None, String::from_utf8_lossy(&bytes).into_owned()));
    }
    if content.get("Template").is_some() {
        return Err(bad("Templates are not served by the local SES"));
    }
    Err(bad("Content is missing"))
}

/// The first value of a header of a MIME message.
fn mime_header(message: &str, name: &str) -> Option<String> {
    let head = message.lines().take_while(|line| !line.trim().is_empty());
    let mut fields = head.filter_map(|line| line.split_once(':'));
    fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
}

fn addresses(list: &Value) -> Vec<String> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn bad(message: &str) -> Failure {
    Failure::new(400, "BadRequestException", message)
}
