//! What is stored before anything is measured: borrowers and loans as the endpoints write them, by the thousand.
mod application;
mod borrower;
mod loan;
mod model;
mod session;
pub(crate) mod staff;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::civil::Date;
use lending::{
    application::ApplicationStats,
    borrower::{User, UserId},
};
use shared::{
    app::App,
    clock::{day_in, india},
    error::Error,
    money::Paise,
    table::Write,
};

pub(crate) use self::session::session;
use self::{
    loan::{Kind, Specimen},
    model::Model,
};
use crate::Fault;

/// So many loans a borrower has.
const LOANS_EACH: usize = 4;
/// So many borrowers are stored at the same time.
const AT_ONCE: usize = 8;

/// Every so many-th loan is booked as the endpoints book it, with its entries in the ledger; that takes fifty writes. The others
/// are copies of one that was.
const BOOKED: usize = 50;
/// The number of the first loan that is copied.
const MODEL: usize = 800_000;

/// Where borrowers and loans come from.
pub(crate) struct Stock<'a> {
    app: &'a App,
    specimens: Vec<Specimen>,
}

impl<'a> Stock<'a> {
    /// The stock of the house whose store this is.
    pub fn new(app: &'a App) -> Result<Self, Fault> {
        let today = day_in(app.now(), &india());
        let specimens: Result<_, Fault> =
            Kind::ALL.into_iter().map(|kind| Specimen::new(kind, today)).collect();
        Ok(Self { app, specimens: specimens? })
    }

    /// Stores `loans` loans of many borrowers.
    pub async fn fill(&self, loans: usize) -> Result<(), Fault> {
        let models = self.models().await.map_err(fault)?;
        let borrowers = loans.div_ceil(LOANS_EACH);
        let work = (0..borrowers)
            .map(|index| self.borrower(&models, index, LOANS_EACH.min(loans - index * LOANS_EACH)));
        stream::iter(work).buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await.map_err(fault)?;
        self.count_the_house(loans).await.map_err(fault)
    }

    /// One loan of each kind, each of a borrower of its own.
    async fn models(&self) -> Result<Vec<Model>, Error> {
        let mut models = Vec::new();
        for (nth, specimen) in self.specimens.iter().enumerate() {
            let (user, write) = borrower::signed_up(self.app, 900_000_000 + nth)?;
            self.app.table().write(write).await?;
            let id = specimen.store_copy(self.app, user, MODEL + nth).await?;
            models.push(Model::load(self.app, user, id, MODEL + nth).await?);
        }
        Ok(models)
    }

    async fn borrower(&self, models: &[Model], index: usize, loans: usize) -> Result<(), Error> {
        let (user, write) = borrower::signed_up(self.app, index)?;
        let stats = ApplicationStats { partition: User::partition(user), ..disbursed(loans) };
        let numbers = index * LOANS_EACH..index * LOANS_EACH + loans;
        let copies = numbers.clone().filter(|number| number % BOOKED != 0);
        let write = copies.fold(write.create(&stats), |write, number| {
            write.and(models[kind(number) as usize].copy(self.app, user, number))
        });
        self.app.table().write(write).await?;
        for number in numbers.filter(|number| number % BOOKED == 0) {
            self.specimens[kind(number) as usize].store_copy(self.app, user, number).await?;
        }
        Ok(())
    }

    /// Stores one loan of each kind for a borrower who is there already; hands back their ids as text.
    pub async fn lend_one_of_each(&self, user: UserId) -> Result<Vec<String>, Fault> {
        let mut ids = Vec::new();
        for (number, specimen) in self.specimens.iter().enumerate() {
            let id = specimen.store_copy(self.app, user, 900_000 + number).await.map_err(fault)?;
            ids.push(id.to_string());
        }
        Ok(ids)
    }

    /// The numbers of the house, which the transitions would have counted.
    async fn count_the_house(&self, loans: usize) -> Result<(), Error> {
        let shards = ApplicationStats::of_the_house();
        let each = loans / shards.len();
        let write = shards.into_iter().fold(Write::new(), |write, shard| {
            write.create(&ApplicationStats { partition: shard.key.pk, ..disbursed(each) })
        });
        self.app.table().write(write).await
    }
}

/// Most loans run, one in ten is late, two in ten are over.
fn kind(number: usize) -> Kind {
    // The number first, so that borrowers do not all have the same.
    match (number / LOANS_EACH + number) % 10 {
        3 => Kind::Late,
        5 | 9 => Kind::Ended,
        _ => Kind::Running,
    }
}

fn fault(error: Error) -> Fault {
    format!("the stock cannot be stored: {error:?}").into()
}

/// The numbers of so many applications that were all paid out.
fn disbursed(loans: usize) -> ApplicationStats {
    let count = i64::try_from(loans).unwrap_or(i64::MAX);
    let approved_amount = Paise::new(count * loan::AMOUNT.minor());
    ApplicationStats { total: count, disbursed: count, approved_amount, ..ApplicationStats::default() }
}

/// `days` before `day`.
fn before(day: Date, days: i64) -> Date {
    day.saturating_sub(jiff::Span::new().days(days))
}
