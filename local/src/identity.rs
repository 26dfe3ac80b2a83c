//! Who a function is to AWS, and what the things it uses are called.
use shared::{
    config::{Config, Credentials, MailCarrier},
    function::Queue,
    messages::sms::Registration,
};

/// The stage of the local cloud.
pub const STAGE: &str = "local";
/// Its region.
pub const REGION: &str = "ap-south-1";
/// Its account.
pub const ACCOUNT: &str = "000000000000";
/// Its table.
pub const TABLE: &str = "quintet-local";
/// The sender of its e-mail.
pub const MAIL_FROM: &str = "Quintet <no-reply@quintet.localhost>";
/// The access key of a person or a tool at the machine.
pub const PERSON: &str = "local";

/// What stands before the name of every queue.
const QUEUE_PREFIX: &str = "quintet-local-";

/// The access key id under which the function `name` calls AWS: its own name, so that a policy and a log know it.
pub fn access_key(name: &str) -> &str {
    name
}

/// The name of a queue on the endpoint.
pub fn queue_name(queue: &Queue) -> String {
    format!("{QUEUE_PREFIX}{}", queue.name)
}

/// The name of its dead-letter queue.
pub fn dead_letter_name(queue: &Queue) -> String {
    format!("{QUEUE_PREFIX}{}-dlq", queue.name)
}

/// The name by which people know a queue of the endpoint.
pub fn short_queue_name(name: &str) -> &str {
    name.strip_prefix(QUEUE_PREFIX).unwrap_or(name)
}

/// The settings of a function that calls as `access_key` and finds AWS at `aws_url`.
pub fn config(access_key: &str, aws_url: &str) -> Config {
    Config {
        stage: STAGE.to_owned(),
        table: TABLE.to_owned(),
        queue_url_base: format!("{aws_url}/{ACCOUNT}/{QUEUE_PREFIX}"),
        region: REGION.to_owned(),
        endpoint: Some(aws_url.to_owned()),
        credentials: Credentials {
            access_key: access_key.to_owned(),
            secret_key: "local".to_owned().into(),
            session_token: None,
        },
        mail_from: MAIL_FROM.to_owned(),
        mail_carrier: MailCarrier::Ses,
        sms_dlt: Registration::default(),
    }
}

/// The same settings as environment variables, for `cargo lambda watch` and the AWS CLI.
pub fn environment(aws_url: &str) -> Vec<(&'static str, String)> {
    let config = config(PERSON, aws_url);
    vec![
        ("AWS_ENDPOINT_URL", aws_url.to_owned()),
        ("AWS_ACCESS_KEY_ID", PERSON.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", PERSON.to_owned()),
        ("AWS_REGION", config.region),
        ("STAGE", config.stage),
        ("TABLE", config.table),
        ("QUEUE_URL_BASE", config.queue_url_base),
        ("MAIL_FROM", config.mail_from),
    ]
}
