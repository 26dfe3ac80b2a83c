//! Settings of a running function: read from the environment once, all faults reported at once.
use std::fmt;

use secrecy::SecretString;

use crate::messages::sms::Registration;

/// What a function must know about the stage it runs in.
#[derive(Clone)]
pub struct Config {
    /// `dev`, `staging`, `prod`, `local`.
    pub stage: String,
    /// The table's name.
    pub table: String,
    /// What stands before the name of every queue in its URL.
    pub queue_url_base: String,
    /// AWS region.
    pub region: String,
    /// Another endpoint than AWS's own: the local cloud's.
    pub endpoint: Option<String>,
    /// Who the function is to AWS.
    pub credentials: Credentials,
    /// The sender of the house's e-mail.
    pub mail_from: String,
    /// Who carries it.
    pub mail_carrier: MailCarrier,
    /// How SMS to India are registered.
    pub sms_dlt: Registration,
}

/// Who carries e-mail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum MailCarrier {
    /// Amazon SES.
    #[default]
    Ses,
    /// Resend.
    Resend {
        /// Where its API is.
        url: String,
    },
}

/// Keys that AWS hands to each function.
#[derive(Clone)]
pub struct Credentials {
    /// The access key id.
    pub access_key: String,
    /// The secret access key.
    pub secret_key: SecretString,
    /// The session token of temporary keys.
    pub session_token: Option<SecretString>,
}

const RESEND: &str = "https://api.resend.com";

/// Variables that are missing or wrong.
#[derive(Debug, thiserror::Error)]
#[error("the environment lacks or misstates: {}", .0.join(", "))]
pub struct ConfigError(Vec<&'static str>);

impl Config {
    /// Reads the environment of a Lambda function, or of `cargo lambda`.
    pub fn from_env() -> Result<Self, ConfigError> {
        #[expect(clippy::disallowed_methods, reason = "the one place where the environment is read")]
        Self::from(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    /// Reads what `variable` knows.
    pub fn from(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut missing = Vec::new();
        let mut required = |name: &'static str| {
            variable(name).unwrap_or_else(|| {
                missing.push(name);
                String::new()
            })
        };
        let mut wrong = Vec::new();
        let sms_dlt = variable("SMS_DLT")
            .map_or_else(|| Some(Registration::default()), |text| Registration::parse(&text));
        if sms_dlt.is_none() {
            wrong.push("SMS_DLT");
        }
        let mail_carrier = match variable("MAIL_CARRIER").as_deref() {
            None | Some("ses") => MailCarrier::Ses,
            Some("resend") => {
                MailCarrier::Resend { url: variable("RESEND_URL").unwrap_or_else(|| RESEND.to_owned()) }
            }
            Some(_) => {
                wrong.push("MAIL_CARRIER");
                MailCarrier::Ses
            }
        };
        let config = Self {
            stage: required("STAGE"),
            table: required("TABLE"),
            queue_url_base: required("QUEUE_URL_BASE"),
            region: required("AWS_REGION"),
            mail_from: required("MAIL_FROM"),
            credentials: Credentials {
                access_key: required("AWS_ACCESS_KEY_ID"),
                secret_key: required("AWS_SECRET_ACCESS_KEY").into(),
                session_token: variable("AWS_SESSION_TOKEN").map(Into::into),
            },
            endpoint: variable("AWS_ENDPOINT_URL"),
            mail_carrier,
            sms_dlt: sms_dlt.unwrap_or_default(),
        };
        missing.extend(wrong);
        if missing.is_empty() { Ok(config) } else { Err(ConfigError(missing)) }
    }

    /// The variables that a template must set; the others come from Lambda itself.
    pub const FROM_TEMPLATE: &'static [&'static str] = &["STAGE", "TABLE", "QUEUE_URL_BASE", "MAIL_FROM"];

    /// The variables that a stage may set; an empty one counts as not set. `docs/messages.md` explains them.
    pub const OPTIONAL: &'static [&'static str] = &["MAIL_CARRIER", "RESEND_URL", "SMS_DLT"];
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("stage", &self.stage)
            .field("table", &self.table)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_missing_variables_are_named_at_once() {
        let error = Config::from(|name| (name == "STAGE").then(|| "dev".to_owned())).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the environment lacks or misstates: TABLE, QUEUE_URL_BASE, AWS_REGION, MAIL_FROM, AWS_ACCESS_KEY_ID, \
             AWS_SECRET_ACCESS_KEY"
        );
    }
    fn complete(more: &'static [(&str, &str)]) -> Result<Config, ConfigError> {
        Config::from(|name| {
            let more = more.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
            (name != "AWS_SESSION_TOKEN" && !Config::OPTIONAL.contains(&name))
                .then_some("x")
                .or(more)
                .map(str::to_owned)
        })
    }

    #[test]
    fn ses_carries_the_mail_unless_the_stage_says_otherwise() {
        assert_eq!(complete(&[]).unwrap().mail_carrier, MailCarrier::Ses);
        let resend = complete(&[("MAIL_CARRIER", "resend")]).unwrap();
        assert_eq!(resend.mail_carrier, MailCarrier::Resend { url: "https://api.resend.com".to_owned() });
    }

    #[test]
    fn misstated_variables_are_named_together() {
        let error = complete(&[("MAIL_CARRIER", "pigeon"), ("SMS_DLT", "entity")]).unwrap_err();
        assert_eq!(error.to_string(), "the environment lacks or misstates: SMS_DLT, MAIL_CARRIER");
    }
}
