//! SMS over SNS.
use std::collections::BTreeMap;

use aws_sdk_sns::{error::ProvideErrorMetadata as _, types::MessageAttributeValue};

use crate::{
    error::Error,
    function::{Grant, Port},
};

/// The port a function declares to send SMS.
pub static SMS: Port = Port {
    name: "sms",
    // A phone number is no resource in IAM, so SMS can only be granted on all; topics and endpoints are
    // denied by the template.
    grants: &[Grant { action: "sns:Publish", resource: "*" }],
    connect: |aws, ports| ports.insert(Sms { client: aws.sns(), dlt: aws.config.sms_dlt.clone() }),
};

/// The SMS service.
#[derive(Debug, Clone)]
pub struct Sms {
    client: aws_sdk_sns::Client,
    dlt: Registration,
}

/// A text from a registered template.
#[derive(Debug)]
pub struct Text {
    /// The name under which the template is registered: `lending-payment_received`.
    pub template: String,
    /// The text with everything filled in; plain GSM-7, so that it stays one part.
    pub body: String,
}

/// How the house is registered with the Indian operators (DLT): as which entity, with which sender, each
/// template by its number. Without it operators drop SMS to India in silence. Written as
/// `entity=1101…,sender=QUINTT,max_price=0.05,lending-sign-in=1107…`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Registration {
    entity: Option<String>,
    sender: Option<String>,
    /// US dollars at most for one SMS.
    max_price: Option<String>,
    templates: BTreeMap<String, String>,
}

impl Registration {
    /// Reads `name=value` pairs, with commas or spaces between them.
    pub fn parse(text: &str) -> Option<Self> {
        let mut read = Self::default();
        for pair in text.split([',', ' ', '\n']).filter(|pair| !pair.is_empty()) {
            let (name, value) =
                pair.split_once('=').filter(|(name, value)| !name.is_empty() && !value.is_empty())?;
            let value = value.to_owned();
            match name {
                "entity" => read.entity = Some(value),
                "sender" => read.sender = Some(value),
                "max_price" => read.max_price = Some(value),
                template => drop(read.templates.insert(template.to_owned(), value)),
            }
        }
        Some(read)
    }

    /// What goes along with a text to this number: attribute, type, value. An Indian number needs a
    /// registered template once the house is registered at all.
    fn attributes(&self, to: &str, template: &str) -> Result<Vec<(&'static str, &'static str, &str)>, Error> {
        let mut attributes = vec![("AWS.SNS.SMS.SMSType", "String", "Transactional")];
        if let Some(price) = &self.max_price {
            attributes.push(("AWS.SNS.SMS.MaxPrice", "Number", price));
        }
        if let Some(entity) = self.entity.as_deref().filter(|_| to.starts_with("+91")) {
            let id = self.templates.get(template);
            let id = id
                .ok_or_else(|| Error::internal(format!("SMS_DLT names no id for the template {template}")))?;
            attributes.push(("AWS.MM.SMS.EntityId", "String", entity));
            attributes.push(("AWS.MM.SMS.TemplateId", "String", id));
            attributes
                .extend(self.sender.as_deref().map(|sender| ("AWS.SNS.SMS.SenderID", "String", sender)));
        }
        Ok(attributes)
    }
}

/// What SNS says when it will never take this message, however often it is offered.
const NEVER: &[&str] = &["InvalidParameter", "ParameterValueInvalid", "ValidationException", "OptedOut"];

impl Sms {
    /// Sends `text` to a number in E.164 form. 503 when the service does not take it now, 500 when it never
    /// will.
    pub async fn send(&self, to: &str, text: &Text) -> Result<(), Error> {
        let mut publish = self.client.publish().phone_number(to).message(&text.body);
        for (name, kind, value) in self.dlt.attributes(to, &text.template)? {
            let value = MessageAttributeValue::builder().data_type(kind).string_value(value).build();
            publish = publish.message_attributes(name, value.map_err(Error::internal)?);
        }
        // Only the code: the service's own words repeat the number.
        match publish.send().await.map_err(|e| e.code().unwrap_or("no answer").to_owned()) {
            Ok(_) => Ok(()),
            Err(code) if NEVER.contains(&&*code) => {
                Err(Error::internal(format!("SNS refuses the SMS: {code}")))
            }
            Err(code) => Err(Error::unavailable(format!("SNS: {code}"))),
        }
    }
}

/// How many of the 160 places of an SMS `text` takes; `None` when one of its characters is not in the GSM
/// alphabet, which would leave room for 70 only (3GPP TS 23.038).
pub fn places(text: &str) -> Option<usize> {
    const TWO: &str = "^{}\\[~]|€";
    const ONE: &str = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà\n\r !\"#%&'()*+,-./:;<=>?";
    text.chars()
        .map(|c| match c {
            c if c.is_ascii_alphanumeric() || ONE.contains(c) => Some(1),
            c if TWO.contains(c) => Some(2),
            _ => None,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indian_numbers_carry_the_registration_and_others_do_not() {
        let dlt =
            Registration::parse("entity=1101,sender=QUINTT,max_price=0.05,lending-sign-in=1107").unwrap();
        let names = |to| -> Vec<_> {
            dlt.attributes(to, "lending-sign-in")
                .unwrap()
                .into_iter()
                .map(|(name, _, value)| (name, value))
                .collect()
        };
        assert_eq!(
            names("+919876543210"),
            [
                ("AWS.SNS.SMS.SMSType", "Transactional"),
                ("AWS.SNS.SMS.MaxPrice", "0.05"),
                ("AWS.MM.SMS.EntityId", "1101"),
                ("AWS.MM.SMS.TemplateId", "1107"),
                ("AWS.SNS.SMS.SenderID", "QUINTT"),
            ]
        );
        assert_eq!(names("+2348012345678").len(), 2);
    }

    #[test]
    fn a_text_that_is_not_registered_fails_loudly_instead_of_being_dropped_by_operators() {
        let dlt = Registration::parse("entity=1101 lending-sign-in=1107").unwrap();
        let error = dlt.attributes("+919876543210", "lending-overdue").unwrap_err();
        assert!(error.cause_chain().unwrap().contains("lending-overdue"));
        assert!(Registration::default().attributes("+919876543210", "lending-overdue").is_ok());
    }

    #[test]
    fn a_misstated_registration_is_refused() {
        for text in ["entity", "=1", "entity=", "a=1,b"] {
            assert_eq!(Registration::parse(text), None, "{text}");
        }
        assert_eq!(Registration::parse(""), Some(Registration::default()));
    }

    #[test]
    fn places_are_counted_as_operators_do() {
        for (text, places_of) in [
            ("Rs 5", Some(4)),
            ("[5]", Some(5)),
            ("€", Some(2)),
            ("₹5", None),
            ("don’t", None),
            ("", Some(0)),
        ] {
            assert_eq!(places(text), places_of, "{text}");
        }
    }
}
