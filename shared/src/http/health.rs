//! What tells load balancers and people whether a wing lives. Each wing declares it under its own name and
//! path.
use super::Reply;
use crate::{app::App, error::Error, wing::Wing};

/// `GET /health`: the code runs. Touches nothing, tells nothing.
pub fn alive() -> Reply {
    Reply::done("The service is up")
}

/// `GET /health/ready`: the table answers and so do the declared secrets, without which no function starts.
/// 503 otherwise. Needs `Get`.
pub async fn ready(app: &App, wing: &Wing) -> Result<Reply, Error> {
    app.table().ping(wing.tag).await?;
    Ok(Reply::done("The service is ready"))
}
