//! A loan with its account, receipts, transactions, reminders and postings: written the way disbursals are booked.
use jiff::civil::Date;
use lending::{
    borrower::UserId,
    loan::schedule::Schedule,
    loan_account::{
        Book, Happening, Loan, LoanAccount, LoanId, LoanTransaction, Mode, Moved, Payout, Receipt,
        ReceiptReference, TransactionKind, booking,
    },
};
use shared::{app::App, error::Error, id::Id, money::Paise, table::Write};

use super::{
    application::{Example, OFFICER},
    before,
};
use crate::Fault;

/// The amount of every loan.
pub(super) const AMOUNT: Paise = Paise::major(50_000);

/// How a loan stands today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// In its fourth month, everything paid.
    Running,
    /// In its fourth month, the last instalments missing.
    Late,
    /// Over three months, repaid.
    Ended,
}

impl Kind {
    /// All of them, in the order of their numbers.
    pub const ALL: [Kind; 3] = [Kind::Running, Kind::Late, Kind::Ended];

    /// Months of tenure, days since the disbursal, instalments paid at most.
    const fn life(self) -> (u16, i64, usize) {
        match self {
            Kind::Running => (6, 110, usize::MAX),
            Kind::Late => (6, 110, 1),
            Kind::Ended => (3, 130, usize::MAX),
        }
    }
}

/// One loan of a kind, of which copies are made.
pub(super) struct Specimen {
    application: Example,
    schedule: Schedule,
    paid: Vec<(Date, Paise)>,
}

impl Specimen {
    /// The specimen of `kind`, as it stands `today`.
    pub fn new(kind: Kind, today: Date) -> Result<Self, Fault> {
        let (tenure_months, age, most) = kind.life();
        let disbursed_on = before(today, age);
        let application = Example::new(AMOUNT, tenure_months, disbursed_on)?;
        let schedule = application.approval().schedule(disbursed_on)?;
        let due = schedule.instalments.iter().filter(|line| line.due_on <= today).take(most);
        let paid = due.map(|line| (line.due_on, line.emi)).collect();
        Ok(Self { application, schedule, paid })
    }

    /// Stores a copy of `user`: the disbursal first, then everything that was repaid since, as the endpoints book both.
    pub async fn store_copy(&self, app: &App, user: UserId, number: usize) -> Result<LoanId, Error> {
        let id: LoanId = Id::new(self.application.disbursed_at(), app.random());
        let name = format!("PC-{}-{number:06}", self.schedule.terms.disbursed_on.strftime("%Y%m"));
        let application = self.application.copy(app, user, &name, id.to_string()).map_err(Error::internal)?;
        let payout = Payout { reference: format!("UTR-{name}"), account_last4: "6789".to_owned() };
        let approval = self.application.approval();
        let mut loan = Loan::new(id, &application, approval, &self.schedule, payout, app.now());
        let mut account = LoanAccount::new(&loan, &self.schedule);
        let disbursal = LoanTransaction::disbursal(app, &loan);
        let reference = disbursal.id.to_string();
        let happening = Happening {
            event: "disbursal",
            reference: &reference,
            value_on: loan.disbursed_on,
            now: app.now(),
        };
        let booked = booking::open(&mut loan, &mut account, happening)?;
        let write = Write::new().create(&loan).create(&account).create(&application);
        let write = write.create(&disbursal).create(&disbursal.reference_taken());
        app.table().write(booked.write(write)).await?;
        self.repay(app, user, id).await?;
        Ok(id)
    }

    /// Books everything that was repaid, at once.
    async fn repay(&self, app: &App, user: UserId, id: LoanId) -> Result<(), Error> {
        let mut book = Book::load(app.table(), user, id).await?;
        let repayment = |(value_on, amount): &(Date, Paise)| {
            let reference = format!("{}-{value_on}", book.loan.number);
            let kind = TransactionKind::Repayment;
            let moved =
                Moved { kind, amount: *amount, mode: Some(Mode::Bank), reference, value_on: *value_on };
            LoanTransaction::new(app, &book.loan, moved)
        };
        let transactions: Vec<LoanTransaction> = self.paid.iter().map(repayment).collect();
        let Some(last) = transactions.last() else { return Ok(()) };
        let reference = last.id.to_string();
        let happening =
            Happening { event: "receipt", reference: &reference, value_on: last.value_on, now: app.now() };
        let booked = book.book(happening, |account| {
            transactions.iter().map(receipt).for_each(|receipt| account.receive(receipt));
        })?;
        let references: Vec<ReceiptReference> =
            transactions.iter().map(LoanTransaction::reference_taken).collect();
        let write = Write::new().create_all(&transactions).create_all(&references);
        app.table().write(book.write(&booked, write)).await
    }
}

fn receipt(transaction: &LoanTransaction) -> Receipt {
    Receipt {
        id: transaction.id,
        reference: transaction.reference.clone(),
        kind: transaction.kind,
        mode: Mode::Bank,
        amount: transaction.amount,
        fee: None,
        received_on: transaction.value_on,
        recorded_by: OFFICER.to_owned(),
        at: transaction.at,
        reversed: None,
    }
}
