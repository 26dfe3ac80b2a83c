//! The audit log: every write by staff, with before and after, in the transaction of the write itself.
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    app::App,
    clock::{day_in, india, sortable},
    error::Error,
    http::{RequestId, Source},
    id::{Id, Prefixed},
    table::{Entity, Index, IndexKeys, Key, Pattern, Stored},
    wing::Wing,
};

/// Who did something, from where, in which request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Actor {
    /// `stf_…`.
    pub id: String,
    /// What they may do.
    pub roles: Vec<String>,
    /// The network they came from.
    pub network: String,
    /// The request.
    pub request_id: String,
}

impl Actor {
    /// The staff member `id` with these roles, in this request.
    pub fn new(id: impl ToString, roles: Vec<String>, source: Source, request: &RequestId) -> Self {
        Self { id: id.to_string(), roles, network: source.prefix(), request_id: request.0.clone() }
    }
}

/// One line of the log. Never changed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Entry {
    /// Its id; sorts by time.
    pub id: Id<Entry>,
    /// The wing.
    pub wing: String,
    /// What was done: `approve_application`.
    pub action: String,
    /// To what: an id.
    pub subject: String,
    /// By whom.
    pub actor: Actor,
    /// Why, where a reason was given.
    pub reason: Option<String>,
    /// As it was, without sealed fields; null where it was made new.
    pub before: Value,
    /// As it is.
    pub after: Value,
    /// When.
    pub at: Timestamp,
}

impl Prefixed for Entry {
    const PREFIX: &'static str = "aud";
}

impl Entry {
    /// A line for the transaction that does `action` to `subject`. Personal identifiers in `before` and `after` are sealed
    /// wherever they are stored, so values of entities may be handed in as they are.
    pub fn new(
        app: &App,
        wing: &Wing,
        actor: &Actor,
        action: &str,
        subject: impl ToString,
        before: &impl Serialize,
        after: &impl Serialize,
    ) -> Result<Self, Error> {
        Ok(Self {
            id: Id::new(app.now(), app.random()),
            wing: wing.tag.to_owned(),
            action: action.to_owned(),
            subject: subject.to_string(),
            actor: actor.clone(),
            reason: None,
            before: serde_json::to_value(before).map_err(Error::internal)?,
            after: serde_json::to_value(after).map_err(Error::internal)?,
            at: app.now(),
        })
    }

    /// States why.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// All lines of one Indian day, newest first.
    pub fn of_day(wing: &Wing, day: Date) -> Pattern<Stored<Self>> {
        Pattern::table(format!("{}#AUDIT#{day}", wing.tag)).descending()
    }

    /// All lines about `subject`, newest first.
    pub fn about(wing: &Wing, subject: &str) -> Pattern<Stored<Self>> {
        Pattern::index(Index::Gsi1, format!("{}#AUDIT#SUBJECT#{subject}", wing.tag)).descending()
    }

    /// All lines by `actor`, newest first.
    pub fn by(wing: &Wing, actor: &str) -> Pattern<Stored<Self>> {
        Pattern::index(Index::Gsi2, format!("{}#AUDIT#ACTOR#{actor}", wing.tag)).descending()
    }
}

impl Entity for Entry {
    const NAME: &'static str = "audit";

    fn key(&self) -> Key {
        let day = day_in(self.at, &india());
        Key::new(format!("{}#AUDIT#{day}", self.wing), format!("{}#{}", sortable(self.at), self.id))
    }

    fn index_keys(&self) -> IndexKeys {
        let sk = format!("{}#{}", sortable(self.at), self.id);
        IndexKeys {
            gsi1: Some(Key::new(format!("{}#AUDIT#SUBJECT#{}", self.wing, self.subject), sk.clone())),
            gsi2: Some(Key::new(format!("{}#AUDIT#ACTOR#{}", self.wing, self.actor.id), sk)),
            ..IndexKeys::default()
        }
    }
}
