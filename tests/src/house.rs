//! The house under test, its clock and its mail.
use std::sync::{Arc, Mutex, Once, PoisonError};

use jiff::{SignedDuration, Timestamp, civil::Date};
use local::{LocalCloud, Options, VirtualClock, identity, inbox::Entry};
use reqwest::{Client, redirect};
use shared::{
    app::App,
    aws::{Aws, http_client},
    clock::{Clock, at_local, day_in, india},
    function::Function,
    random::SeededRandom,
    table::Table,
};
use tokio::sync::OnceCell;

use crate::{Answer, Person, person::Who};

/// When every flow begins: a Monday, ten in the morning in India.
pub const BEGIN: &str = "2026-01-05T04:30:00Z";

/// The whole house: all wings, gateway, queues, stream and schedules, in memory, with a clock that stands until it is moved.
pub struct House {
    /// The local cloud.
    pub cloud: LocalCloud,
    pub(crate) client: Client,
    /// The first admin, once there is one.
    pub(crate) admin: OnceCell<Who>,
    /// What the house answered so far.
    answers: Mutex<Vec<Answer>>,
}

/// The virtual clock, as the house's.
struct HouseClock(VirtualClock);

impl Clock for HouseClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

/// Takes the jobs by these names out of the house.
pub fn leave_out(options: &mut Options, jobs: &[&str]) {
    for (_, functions) in &mut options.wings {
        let kept = functions.iter().copied().filter(|function| !jobs.contains(&function.name));
        *functions = Vec::leak(kept.collect());
    }
}

impl House {
    /// A new house at [`BEGIN`].
    pub async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    /// A new house without the jobs by these names: for flows of many months, which a job that runs every hour and has nothing to
    /// do with them would make long.
    pub async fn open_without(jobs: &[&str]) -> Self {
        Self::open_with(|options| leave_out(options, jobs)).await
    }

    /// A new house, started otherwise.
    pub async fn open_with(change: impl FnOnce(&mut Options)) -> Self {
        static TLS: Once = Once::new();
        // reqwest wants to know the house's only cryptography, also for plain HTTP.
        TLS.call_once(|| {
            let _already = rustls::crypto::ring::default_provider().install_default();
        });
        let begin: Timestamp = BEGIN.parse().expect("a time");
        let mut options = Options { random: Arc::new(SeededRandom::new(7)), ..Options::at(begin) };
        change(&mut options);
        let cloud = LocalCloud::start(options).await.expect("the local cloud starts");
        let client = Client::builder().redirect(redirect::Policy::none()).build().expect("an HTTP client");
        Self { cloud, client, admin: OnceCell::new(), answers: Mutex::default() }
    }

    /// Somebody without a session.
    pub fn visitor(&self) -> Person<'_> {
        Person::new(self, Who::Visitor)
    }

    /// Everything that reached `to`, oldest first, once all that was under way has happened.
    pub async fn inbox_of(&self, to: &str) -> Vec<Entry> {
        self.cloud.settle().await;
        self.cloud.inbox().into_iter().filter(|entry| entry.to == to).collect()
    }

    /// The code in the newest message to `to` that holds one. Numbers of applications and amounts are no codes.
    pub fn code_sent_to(&self, to: &str) -> String {
        let inbox = self.cloud.inbox();
        let mut codes = inbox.iter().rev().filter(|entry| entry.to == to).filter_map(|entry| {
            let words = entry.body.split(|c: char| !(c.is_ascii_alphanumeric() || "-.".contains(c)));
            let mut words = words.map(|word| word.trim_end_matches('.'));
            words.find(|word| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit()))
        });
        codes.next().expect("a code in a message").to_owned()
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.cloud.clock().now()
    }

    /// The present day in India.
    pub fn today(&self) -> Date {
        day_in(self.now(), &india())
    }

    /// Moves the clock; schedules that fell due meanwhile have run when this returns.
    pub async fn advance(&self, by: SignedDuration) {
        self.cloud.advance(by).await;
    }

    /// Goes to ten in the morning (India) of `day`.
    pub async fn go_to(&self, day: &str) {
        let there = at_local(day.parse().expect("a day"), 10, 0, &india());
        self.advance(there.duration_since(self.now())).await;
    }

    /// The way to AWS of somebody at the machine.
    pub fn aws(&self) -> Aws {
        Aws::new(identity::config(identity::PERSON, self.cloud.aws_url()), http_client())
    }

    /// The table itself, for looking at what was stored.
    pub fn table(&self) -> Table {
        Table::new(self.aws().dynamodb(), identity::TABLE)
    }

    /// What `function` may use, connected: for an operator's tools.
    pub async fn app(&self, function: &Function) -> App {
        let clock = Arc::new(HouseClock(self.cloud.clock().clone()));
        let random = Arc::new(SeededRandom::new(11));
        App::connect(function, &self.aws(), clock, random).await.expect("an app")
    }

    /// Asks the local cloud itself.
    pub async fn helper(&self, method: reqwest::Method, path: &str) -> Answer {
        self.visitor().send(method, &format!("/_local{path}"), None, &[]).await
    }

    pub(crate) fn remember(&self, answer: &Answer) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).push(answer.clone());
    }

    /// Every answer that people got so far, oldest first.
    pub fn answers(&self) -> Vec<Answer> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
