//! Notices: what the house tells a person about something that happened to them.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    error::Error,
    function::Queue,
    id::{Id, Prefixed},
    identity::Sealed,
    outbox::Outgoing,
    table::{Entity, Key, Pattern, Stored, Write},
    wing::Wing,
};

/// Notices that leave by SMS.
pub static SMS_QUEUE: Queue = Queue::standard("platform-sms");
/// Notices that leave by e-mail.
pub static EMAIL_QUEUE: Queue = Queue::standard("platform-email");

/// A text for one occasion, in each channel it uses. `{name}` stands for a value.
#[derive(Debug)]
pub struct Template {
    /// Its name; the operators (DLT) know its SMS as `<wing>-<name>`.
    pub name: &'static str,
    /// Whether a person may switch its SMS and e-mail off. Notices about their money may not be.
    pub optional: bool,
    /// The headline in the app, and the subject of the e-mail.
    pub title: &'static str,
    /// The text in the app, and of the e-mail.
    pub body: &'static str,
    /// The SMS: plain GSM-7 characters, one part.
    pub sms: Option<&'static str>,
}

/// Whom a notice is for.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// The partition under which the person finds their notices: that of the person's own entity.
    pub partition: String,
    /// The id under which their number is sealed as field `phone`.
    pub owner: String,
    /// The sealed ten-digit or E.164 number; opened only by the sender.
    pub phone: Option<Sealed>,
    /// The address, where they gave one.
    pub email: Option<String>,
    /// Whether they want optional notices by SMS and e-mail.
    pub wants_optional: bool,
}

/// What the SMS sender receives.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SmsNotice {
    /// Follows the notice through the log.
    pub notice: Id<Notice>,
    /// See [`Recipient::owner`].
    pub owner: String,
    /// See [`Recipient::phone`].
    pub phone: Sealed,
    /// The name under which the template is registered: `lending-payment_received`.
    pub template: String,
    /// The whole text.
    pub text: String,
}

/// What the e-mail sender receives.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EmailNotice {
    /// Follows the notice through the log.
    pub notice: Id<Notice>,
    /// The address.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The whole text; `{secret}` stands for what must not rest in clear.
    pub text: String,
    /// That, sealed as field `letter` of [`EmailNotice::notice`]; opened only by the sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Sealed>,
}

/// A notice as the app shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Notice {
    /// Its id; sorts by time.
    pub id: Id<Notice>,
    /// See [`Recipient::partition`].
    pub partition: String,
    /// The template's name.
    pub template: String,
    /// The headline.
    pub title: String,
    /// The text.
    pub body: String,
    /// When it was written.
    pub created_at: Timestamp,
    /// When the person opened it.
    pub read_at: Option<Timestamp>,
}

impl Prefixed for Notice {
    const PREFIX: &'static str = "ntc";
}

impl Notice {
    /// Where the notice `id` of the person with this partition lies.
    pub fn at(partition: &str, id: Id<Notice>) -> crate::table::Address<Self> {
        crate::table::Address::new(partition, format!("NOTICE#{id}"))
    }

    /// A person's notices, newest first.
    pub fn of(partition: &str) -> Pattern<Stored<Self>> {
        Pattern::table(partition).prefix("NOTICE#").descending()
    }
}

impl Entity for Notice {
    const NAME: &'static str = "notice";

    fn key(&self) -> Key {
        Notice::at(&self.partition, self.id).key
    }
}

/// Adds to `write` everything that tells `recipient`: the notice in the app, and what leaves by SMS and
/// e-mail. One to three actions of the transaction.
pub fn tell(
    write: Write,
    app: &App,
    wing: &Wing,
    recipient: &Recipient,
    template: &Template,
    values: &[(&str, &str)],
) -> Result<Write, Error> {
    let notice = Notice {
        id: Id::new(app.now(), app.random()),
        partition: recipient.partition.clone(),
        template: template.name.to_owned(),
        title: fill(template.title, values),
        body: fill(template.body, values),
        created_at: app.now(),
        read_at: None,
    };
    let mut write = write.create(&notice);
    if template.optional && !recipient.wants_optional {
        return Ok(write);
    }
    if let (Some(sms), Some(phone)) = (template.sms, &recipient.phone) {
        let message = SmsNotice {
            notice: notice.id,
            owner: recipient.owner.clone(),
            phone: phone.clone(),
            template: format!("{}-{}", wing.name, template.name),
            text: fill(sms, values),
        };
        write = write.create(&Outgoing::new(app, wing, &SMS_QUEUE, &message)?);
    }
    if let Some(to) = &recipient.email {
        let message = EmailNotice {
            notice: notice.id,
            to: to.clone(),
            subject: notice.title.clone(),
            text: notice.body.clone(),
            secret: None,
        };
        write = write.create(&Outgoing::new(app, wing, &EMAIL_QUEUE, &message)?);
    }
    Ok(write)
}

fn fill(text: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}
