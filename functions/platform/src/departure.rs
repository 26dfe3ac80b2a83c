//! Each notice leaves once by each channel, though queues deliver twice and senders die.
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    codes,
    error::Error,
    id::Id,
    messages::notice::Notice,
    table::{Address, Entity, Key, Write},
};

/// Within this a sender has sent or is dead: twice the time-out of a sender. The queues wait three times as
/// long before they deliver a message again, so a retry never finds the claim of the try before.
const CLAIM: SignedDuration = SignedDuration::from_secs(120);
/// Longer than a message can wait in a queue and then in its dead-letter queue.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 30);

/// That a notice is leaving, or has left, by one channel.
#[derive(Debug, Serialize, Deserialize)]
struct Departure {
    channel: String,
    notice: Id<Notice>,
    claimed_until: Timestamp,
    left_at: Option<Timestamp>,
}

impl Departure {
    fn at(channel: &str, notice: Id<Notice>) -> Address<Self> {
        Address::new(format!("PLATFORM#DEPARTURE#{notice}"), channel)
    }
}

impl Entity for Departure {
    const NAME: &'static str = "departure";

    fn key(&self) -> Key {
        Departure::at(&self.channel, self.notice).key
    }

    fn expires_at(&self) -> Option<Timestamp> {
        self.claimed_until.checked_add(REMEMBERED).ok()
    }
}

/// Does `send` unless `notice` has left by `channel` before. While another sender is at it this is refused,
/// so that the queue keeps the message until that one has said how it ended. Needs `Get` and `Put`.
///
/// Two cases remain in which a person gets a message twice: the sender dies, or hears no answer, after the
/// carrier took it.
pub(crate) async fn once(
    app: &App,
    channel: &str,
    notice: Id<Notice>,
    send: impl Future<Output = Result<(), Error>>,
) -> Result<(), Error> {
    if !claim(app, channel, notice).await? {
        return Ok(());
    }
    send.await?;
    let now = app.now();
    let left = Departure { channel: channel.to_owned(), notice, claimed_until: now, left_at: Some(now) };
    // It has left; failing now would only send it again.
    if let Err(error) = app.table().write(Write::new().overwrite(&left)).await {
        tracing::warn!(cause = error.cause_chain(), "a departure was not recorded");
    }
    Ok(())
}

/// Takes the right to send: `false` when it has left already.
async fn claim(app: &App, channel: &str, notice: Id<Notice>) -> Result<bool, Error> {
    let now = app.now();
    let claimed_until = now.checked_add(CLAIM).unwrap_or(now);
    let write = match app.table().get(Departure::at(channel, notice)).await? {
        Some(before) if before.left_at.is_some() => return Ok(false),
        Some(before) if before.claimed_until > now => return Err(under_way()),
        Some(mut before) => {
            before.claimed_until = claimed_until;
            Write::new().replace(&before)
        }
        None => Write::new().create(&Departure {
            channel: channel.to_owned(),
            notice,
            claimed_until,
            left_at: None,
        }),
    };
    let claimed = app.table().write(write).await;
    claimed.map(|()| true).map_err(|e| if e.code() == codes::CHANGED_MEANWHILE { under_way() } else { e })
}

fn under_way() -> Error {
    Error::unavailable("another sender is at it")
}
