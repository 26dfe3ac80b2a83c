//! SMS over SNS.
use aws_sdk_sns::{error::ProvideErrorMetadata as _, types::MessageAttributeValue};

use crate::{
    error::Error,
    function::{Grant, Port},
};

/// The port a function declares to send SMS.
pub static SMS: Port = Port {
    name: "sms",
    // A phone number is no resource in IAM, so SMS can only be granted on all; topics and endpoints are denied by the template.
    grants: &[Grant { action: "sns:Publish", resource: "*" }],
    connect: |aws, ports| ports.insert(Sms(aws.sns())),
};

/// The SMS service.
#[derive(Debug, Clone)]
pub struct Sms(aws_sdk_sns::Client);

/// A text from a registered template.
#[derive(Debug)]
pub struct Text {
    /// The template's name.
    pub template: &'static str,
    /// The text with everything filled in; plain GSM-7, so that it stays one part.
    pub body: String,
}

impl Sms {
    /// Sends `text` to a number in E.164 form. 503 when the service does not take it.
    pub async fn send(&self, to: &str, text: &Text) -> Result<(), Error> {
        let attribute =
            |value: &str| MessageAttributeValue::builder().data_type("String").string_value(value).build();
        self.0
            .publish()
            .phone_number(to)
            .message(&text.body)
            .message_attributes("AWS.SNS.SMS.SMSType", attribute("Transactional").map_err(Error::internal)?)
            .send()
            .await
            // Only the code: the service's own words repeat the number.
            .map_err(|e| Error::unavailable(format!("SNS: {}", e.code().unwrap_or("no answer"))))?;
        Ok(())
    }
}
