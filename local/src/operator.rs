//! What an operator does once and by hand, with their own credentials, against the local cloud or a stage on AWS.
use std::sync::Arc;

use lending::staff;
use shared::{
    app::App,
    aws::{self, Aws},
    clock::SystemClock,
    config::{Config, ConfigError},
    error::Error,
    messages::EmailAddress,
    random::SystemRandom,
};

/// Why the operator's command did nothing. Each is a sentence for them.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// The environment does not say which stage is meant.
    #[error("{0}; `cargo run` prints what to export for the local cloud")]
    Config(#[from] ConfigError),
    /// The address is none.
    #[error("{0} is not an e-mail address")]
    Email(String),
    /// The house refused, or could not be reached.
    #[error("{}", sentence(.0))]
    Refused(Error),
}

fn sentence(error: &Error) -> String {
    match error.cause_chain() {
        Some(cause) => format!("{} ({cause})", error.message()),
        None => error.message().to_owned(),
    }
}

/// Makes lending's first admin in the stage that the environment names, and hands back their temporary password: see
/// `docs/decisions/0006-the-first-admin.md`.
pub async fn first_admin(email: &str, name: &str) -> Result<String, OperatorError> {
    let address = EmailAddress::parse(email).ok_or_else(|| OperatorError::Email(email.to_owned()))?;
    let aws = Aws::new(Config::from_env()?, aws::http_client());
    let app = App::connect(&staff::FIRST_ADMIN, &aws, Arc::new(SystemClock), Arc::new(SystemRandom)).await;
    let app = app.map_err(OperatorError::Refused)?;
    let (_, password) = staff::first_admin(&app, &address, name).await.map_err(OperatorError::Refused)?;
    Ok(password.reveal().to_owned())
}
