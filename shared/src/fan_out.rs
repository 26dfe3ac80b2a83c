//! From a job to its consumers: what is due is found shard by shard and handed to a queue, one message for each thing, so that
//! the work is spread, tried again and given up one by one.
//!
//! Nothing is marked here. The consumer looks at the thing itself and does what is still to be done; so messages may be sent
//! twice or late, and what is still due after a run that broke off is found by the next.
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use serde::Serialize;

use crate::{
    app::App,
    error::Error,
    function::Queue,
    table::{Key, Limit, PageRequest, due},
};

/// SQS takes so many messages in one call.
const BATCH: usize = 10;

/// Sends one message to `queue` for everything of `kind` that is due by now; `message` makes it of the thing's key. Hands back
/// how many were sent. Needs `QueryIndex(Due)`, `Send(queue)` and the secret [`CURSOR_KEY`](crate::app::CURSOR_KEY).
pub async fn fan_out<M: Serialize>(
    app: &App,
    kind: &str,
    queue: &Queue,
    message: impl Fn(&Key) -> Option<M>,
) -> Result<usize, Error> {
    let now = app.now();
    let mut sent = 0;
    for shard in 0..due::SHARDS {
        let mut request = PageRequest { limit: Limit::MAX, cursor: None };
        loop {
            let page = app.page(&due::in_shard(kind, shard, now), &request, |_| true).await?;
            let messages: Vec<M> = page.items.iter().filter_map(|sought| message(&sought.key)).collect();
            for some in messages.chunks(BATCH) {
                send(app, queue, some).await?;
                sent += some.len();
            }
            match page.next_cursor {
                Some(cursor) => request.cursor = Some(cursor),
                None => break,
            }
        }
    }
    tracing::info!(kind, queue = queue.name, sent, "handed on what is due");
    Ok(sent)
}

async fn send<M: Serialize>(app: &App, queue: &Queue, messages: &[M]) -> Result<(), Error> {
    let mut call = app.port::<aws_sdk_sqs::Client>()?.send_message_batch().queue_url(format!(
        "{}{}",
        app.config().queue_url_base,
        queue.name
    ));
    for (index, message) in messages.iter().enumerate() {
        let body = serde_json::to_string(message).map_err(Error::internal)?;
        let entry = SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(body).build();
        call = call.entries(entry.map_err(Error::internal)?);
    }
    let reply = call.send().await.map_err(|e| Error::unavailable(format!("queue {}: {e}", queue.name)))?;
    // Fails the run, and the next call of the same run sends everything again: harmless, and nothing is left behind.
    match reply.failed.len() {
        0 => Ok(()),
        failed => Err(Error::unavailable(format!("queue {}: {failed} messages were not taken", queue.name))),
    }
}
