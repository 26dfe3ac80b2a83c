//! E-mail over Amazon SES or Resend: one port, and the stage says which of them carries.
use aws_sdk_sesv2::{
    error::ProvideErrorMetadata as _,
    types::{Body, Content, Destination, EmailContent, Message},
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    app::App,
    aws::Aws,
    config::MailCarrier,
    error::Error,
    function::{Grant, Port, Secret},
    web,
};

/// The port a function declares to send e-mail, together with [`RESEND_KEY`].
pub static MAIL: Port = Port {
    name: "mail",
    grants: &[Grant {
        action: "ses:SendEmail",
        resource: "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/*",
    }],
    connect: |aws, ports| ports.insert(Mail::connect(aws)),
};

/// Opens Resend. A stage whose mail SES carries has it with any value.
pub static RESEND_KEY: Secret = Secret::new("resend-key", "opens Resend, the carrier of e-mail");

/// The carrier of e-mail.
#[derive(Debug)]
pub struct Mail {
    from: String,
    carrier: Carrier,
}

#[derive(Debug)]
enum Carrier {
    Ses(aws_sdk_sesv2::Client),
    Resend { client: Result<reqwest::Client, reqwest::Error>, url: String },
}

/// One e-mail, in plain text.
#[derive(Debug)]
pub struct Letter<'a> {
    /// The same for every try of the same e-mail: the carrier that can takes it for a repeat.
    pub key: &'a str,
    /// The address.
    pub to: &'a str,
    /// The subject.
    pub subject: &'a str,
    /// The text.
    pub text: &'a str,
}

impl Mail {
    fn connect(aws: &Aws) -> Self {
        let carrier = match &aws.config.mail_carrier {
            MailCarrier::Ses => Carrier::Ses(aws.ses()),
            MailCarrier::Resend { url } => Carrier::Resend { client: web::client(), url: url.clone() },
        };
        Self { from: aws.config.mail_from.clone(), carrier }
    }

    /// Hands `letter` to the carrier. 503 when it does not take it now, 500 when it never will.
    pub async fn send(&self, app: &App, letter: &Letter<'_>) -> Result<(), Error> {
        match &self.carrier {
            Carrier::Ses(client) => self.over_ses(client, letter).await,
            Carrier::Resend { client, url } => {
                let client = client.as_ref().map_err(|e| Error::internal(e.to_string()))?;
                self.over_resend(client, url, app.secret(&RESEND_KEY)?.text(), letter).await
            }
        }
    }

    async fn over_ses(&self, client: &aws_sdk_sesv2::Client, letter: &Letter<'_>) -> Result<(), Error> {
        /// What SES says of a message that it will not take either when it is offered again.
        const NEVER: &[&str] = &["BadRequestException", "MessageRejected", "NotFoundException"];
        let content =
            |text: &str| Content::builder().data(text).charset("UTF-8").build().map_err(Error::internal);
        let body = Body::builder().text(content(letter.text)?).build();
        let message = Message::builder().subject(content(letter.subject)?).body(body).build();
        let sent = client
            .send_email()
            .from_email_address(&self.from)
            .destination(Destination::builder().to_addresses(letter.to).build())
            .content(EmailContent::builder().simple(message).build())
            .send()
            .await;
        // Only the code: the service's own words repeat the address.
        match sent.map_err(|e| e.code().unwrap_or("no answer").to_owned()) {
            Ok(_) => Ok(()),
            Err(code) if NEVER.contains(&&*code) => {
                Err(Error::internal(format!("SES refuses the e-mail: {code}")))
            }
            Err(code) => Err(Error::unavailable(format!("SES: {code}"))),
        }
    }

    async fn over_resend(
        &self,
        client: &reqwest::Client,
        url: &str,
        key: &str,
        letter: &Letter<'_>,
    ) -> Result<(), Error> {
        #[derive(Deserialize, Default)]
        struct Refusal {
            #[serde(default)]
            name: String,
        }
        let reply = client
            .post(format!("{url}/emails"))
            .bearer_auth(key)
            .header("idempotency-key", letter.key)
            .json(&json!({ "from": self.from, "to": [letter.to], "subject": letter.subject, "text": letter.text }))
            .send()
            .await
            .map_err(|e| Error::unavailable(format!("Resend: {}", if e.is_timeout() { "too late" } else { "no answer" })))?;
        let status = reply.status();
        if status.is_success() {
            return Ok(());
        }
        // The name of the refusal is one of a fixed list; its message may repeat the address.
        let Refusal { name } = reply.json().await.unwrap_or_default();
        let name: String = name.chars().filter(|c| c.is_ascii_lowercase() || *c == '_').take(40).collect();
        let passing =
            matches!(status.as_u16(), 408 | 425 | 429 | 500..) || name == "concurrent_idempotent_requests";
        let cause = format!("Resend: {} {name}", status.as_u16());
        Err(if passing { Error::unavailable(cause) } else { Error::internal(cause) })
    }
}
