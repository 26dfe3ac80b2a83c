//! Cookie sessions: a random token in the browser, only its hash in the table, an absolute end.
//!
//! The token names its owner, so the session lies in the owner's partition: one batch read brings both, all sessions of a
//! person are one query, and nobody can present a session for another owner. Rules: `spec/common.md` 3.6 (5).
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    crypto,
    error::Error,
    id::{Id, Prefixed},
    random::{self, Random},
    table::{Address, Entity, Key, Pattern, Stored},
};

/// A session lives so long, whatever happens in it.
pub const LIFE: SignedDuration = SignedDuration::from_hours(24);
/// A person has at most so many; a new one ends the oldest.
pub const MOST: usize = 10;

/// Names a session to its owner without giving it away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionKind {}
impl Prefixed for SessionKind {
    const PREFIX: &'static str = "ses";
}
/// Names a session to its owner.
pub type SessionId = Id<SessionKind>;

/// A session as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Session {
    /// The partition of its owner, `LENDING#USER#usr_…`.
    pub owner: String,
    /// Its public name.
    pub id: SessionId,
    /// SHA-256 of the token's secret, in hexadecimal.
    hash: String,
    /// When it began.
    pub began_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
    /// The browser or app, as it named itself, cut short.
    pub user_agent: String,
    /// The network it began from.
    pub network: String,
}

impl Session {
    fn at(owner: &str, hash: &str) -> Address<Self> {
        Address::new(owner, format!("SESSION#{hash}"))
    }

    /// All sessions of the owner with this partition.
    pub fn of(owner: &str) -> Pattern<Stored<Self>> {
        Pattern::table(owner).prefix("SESSION#")
    }

    /// Whether it still counts at `now`.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        now < self.ends_at
    }

    /// What a page must send with unsafe requests, besides the cookie. Follows from the token's hash through another hash, so
    /// it tells nothing about the token.
    pub fn csrf_token(&self) -> String {
        URL_SAFE_NO_PAD.encode(crypto::sha256(format!("csrf\0{}", self.hash).as_bytes()))
    }
}

impl Entity for Session {
    const NAME: &'static str = "session";

    fn key(&self) -> Key {
        Session::at(&self.owner, &self.hash).key
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.ends_at)
    }
}

/// What a browser holds: the owner's id and 256 random bits.
#[derive(Clone)]
pub struct Token(String);

/// A token taken apart.
pub struct Presented<T> {
    /// Whose session it claims to be.
    pub owner: Id<T>,
    hash: String,
}

impl Token {
    /// A new session of `owner`, whose partition is `partition`, and the token that opens it.
    pub fn issue<T>(
        owner: Id<T>,
        partition: String,
        now: Timestamp,
        random: &dyn Random,
        user_agent: &str,
        network: String,
    ) -> (Self, Session) {
        let secret: [u8; 32] = random::bytes(random);
        let token = URL_SAFE_NO_PAD.encode([owner.to_bytes().as_slice(), &secret].concat());
        let session = Session {
            owner: partition,
            id: Id::new(now, random),
            hash: hex::encode(crypto::sha256(&secret)),
            began_at: now,
            ends_at: now.saturating_add(LIFE).unwrap_or(Timestamp::MAX),
            user_agent: user_agent.chars().filter(|c| !c.is_control()).take(120).collect(),
            network,
        };
        (Self(token), session)
    }

    /// Takes a cookie's value apart; `None` when it cannot be a token.
    pub fn present<T>(value: &str) -> Option<Presented<T>> {
        let bytes = URL_SAFE_NO_PAD.decode(value).ok()?;
        let (owner, secret) = bytes.split_first_chunk::<16>()?;
        (secret.len() == 32)
            .then(|| Presented { owner: Id::from_bytes(*owner), hash: hex::encode(crypto::sha256(secret)) })
    }

    /// The `Set-Cookie` value that hands the token to a browser. `__Host-`: only over TLS, only for this host.
    pub fn cookie(&self, name: &str) -> String {
        format!("{name}={}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={}", self.0, LIFE.as_secs())
    }
}

/// The `Set-Cookie` value that takes the token away again.
pub fn cleared_cookie(name: &str) -> String {
    format!("{name}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}

impl<T> Presented<T> {
    /// Where the session lies, if it is one.
    pub fn session_at(&self, partition: &str) -> Address<Session> {
        Session::at(partition, &self.hash)
    }
}

/// All sessions of the owner with this partition but `kept`, to be shown or to be deleted in the transaction that ends them:
/// at most [`MOST`] live ones, and those that ended and the table still has. Needs `Query`.
pub async fn others(
    app: &App,
    partition: &str,
    kept: Option<SessionId>,
) -> Result<Vec<Stored<Session>>, Error> {
    // Twice as many: sign-ins at the same moment may for a while keep more than the most.
    let mut sessions = app.table().list(&Session::of(partition), 2 * MOST).await?;
    sessions.retain(|session| Some(session.id) != kept);
    Ok(sessions)
}

/// Those of `sessions` that must end to make room for one more, oldest first.
pub fn oldest_beyond_the_most(mut sessions: Vec<Stored<Session>>) -> Vec<Stored<Session>> {
    sessions.sort_by_key(|session| session.began_at);
    let too_many = (sessions.len() + 1).saturating_sub(MOST);
    sessions.truncate(too_many);
    sessions
}
