//! What is stored before anything is measured: borrowers and loans as the endpoints write them, by the thousand.
mod application;
mod borrower;
mod loan;
mod session;
pub(crate) mod staff;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::civil::Date;
use lending::{application::ApplicationStats, borrower::UserId};
use shared::{
    app::App,
    clock::{day_in, india},
    error::Error,
    money::Paise,
    table::Write,
};

use self::loan::{Kind, Specimen};
pub(crate) use self::session::session;
use crate::Fault;

/// So many loans a borrower has.
const LOANS_EACH: usize = 4;
/// So many borrowers are stored at the same time.
const AT_ONCE: usize = 8;

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
        let borrowers = loans.div_ceil(LOANS_EACH);
        let work =
            (0..borrowers).map(|index| self.borrower(index, LOANS_EACH.min(loans - index * LOANS_EACH)));
        stream::iter(work).buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
        self.count_the_house(loans).await
    }

    async fn borrower(&self, index: usize, loans: usize) -> Result<(), Fault> {
        let (user, write) = borrower::signed_up(self.app, index)?;
        let stats =
            ApplicationStats { partition: lending::borrower::User::partition(user), ..disbursed(loans) };
        self.write(write.create(&stats)).await?;
        for nth in 0..loans {
            let number = index * LOANS_EACH + nth;
            self.kind(number).store_copy(self.app, user, number).await.map_err(fault)?;
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

    /// Most loans run, one in ten is late, two in ten are over.
    fn kind(&self, number: usize) -> &Specimen {
        let kind = match number % 10 {
            3 => Kind::Late,
            5 | 9 => Kind::Ended,
            _ => Kind::Running,
        };
        &self.specimens[kind as usize]
    }

    /// The numbers of the house, which the transitions would have counted.
    async fn count_the_house(&self, loans: usize) -> Result<(), Fault> {
        let shards = ApplicationStats::of_the_house();
        let each = loans / shards.len();
        let write = shards.into_iter().fold(Write::new(), |write, shard| {
            write.create(&ApplicationStats { partition: shard.key.pk, ..disbursed(each) })
        });
        self.write(write).await
    }

    async fn write(&self, write: Write) -> Result<(), Fault> {
        self.app.table().write(write).await.map_err(fault)
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
