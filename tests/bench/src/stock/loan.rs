//! A loan with its account, receipts, transactions, reminders and postings: written the way disbursals are booked.
use jiff::civil::Date;
use lending::{
    application::ApplicationId,
    borrower::UserId,
    loan::{
        account::{Account, Event, EventKind},
        delinquency::AssetClass,
    },
    loan_account::{
        Book, Direction, Happening, Loan, LoanAccount, LoanId, LoanTransaction, Mode, Position, Receipt,
        ReceiptReference, Summary, TransactionId, TransactionKind, TransactionStatus, booking,
    },
};
use shared::{
    app::App,
    clock::{at_local, india},
    error::Error,
    id::Id,
    money::Paise,
    table::Write,
};

use super::{application::Example, before};
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
            Kind::Running => (12, 110, usize::MAX),
            Kind::Late => (12, 110, 1),
            Kind::Ended => (3, 130, usize::MAX),
        }
    }
}

/// One loan of a kind, of which copies are made.
pub(super) struct Specimen {
    application: Example,
    account: Account,
    disbursed_on: Date,
    today: Date,
    paid: Vec<(Date, Paise)>,
}

impl Specimen {
    /// The specimen of `kind`, as it stands `today`.
    pub fn new(kind: Kind, today: Date) -> Result<Self, Fault> {
        let (tenure_months, age, most) = kind.life();
        let disbursed_on = before(today, age);
        let application = Example::new(AMOUNT, tenure_months, disbursed_on)?;
        let product = &application.approval().product;
        let schedule = application.approval().schedule(disbursed_on)?;
        let due = schedule.instalments.iter().filter(|line| line.due_on <= today).take(most);
        let paid = due.map(|line| (line.due_on, line.emi)).collect();
        let account =
            Account { schedule, penal: product.penal, order: product.allocation, events: Vec::new() };
        Ok(Self { application, account, disbursed_on, today, paid })
    }

    /// Stores a copy of `user`: the disbursal first, then everything that was repaid since, as the endpoints book both.
    pub async fn store_copy(&self, app: &App, user: UserId, number: usize) -> Result<LoanId, Error> {
        let receipts: Vec<Receipt> =
            self.paid.iter().map(|(day, amount)| receipt(app, *day, *amount, number)).collect();
        let id: LoanId = Id::new(self.application.disbursed_at(), app.random());
        let digits = format!("{}-{number:06}", self.disbursed_on.strftime("%Y%m"));
        let application = self.application.copy(app, user, &format!("PC-{digits}"), id.to_string());
        let application = application.map_err(Error::internal)?;
        let mut loan = self.loan(app, id, user, application.id, format!("LN-{digits}"));
        let mut account = LoanAccount {
            loan: id,
            user,
            account: self.account.clone(),
            receipts: Vec::new(),
            decisions: Vec::new(),
            posted: Position::default(),
            bookings: 0,
        };
        let reference = loan.bank_reference.clone();
        let happening = Happening {
            event: "disbursal",
            reference: &reference,
            value_on: self.disbursed_on,
            now: app.now(),
        };
        let booked = booking::open(&mut loan, &mut account, happening)?;
        let transactions = self.transactions(app, &loan, &receipts);
        let references: Vec<ReceiptReference> =
            receipts.iter().map(|receipt| taken(receipt, &loan)).collect();
        let write = Write::new().create(&loan).create(&account).create(&application);
        let write = booked.write(write).create_all(&transactions).create_all(&references);
        app.table().write(write).await?;
        if !receipts.is_empty() {
            repay(app, user, id, receipts).await?;
        }
        Ok(id)
    }

    fn loan(&self, app: &App, id: LoanId, user: UserId, application: ApplicationId, number: String) -> Loan {
        let approval = self.application.approval();
        let state = self.account.state_on(self.today);
        Loan {
            id,
            bank_reference: format!("UTR-{number}"),
            number,
            user,
            application,
            product: approval.product.clone(),
            principal: approval.amount,
            annual_rate_pct: approval.annual_rate_pct,
            tenure_months: approval.tenure_months,
            emi: self.account.schedule.emi,
            fees: approval.fees.clone(),
            net_disbursed: approval.amount - approval.fees.total(),
            disbursed_on: self.disbursed_on,
            bank_account_last4: "6789".to_owned(),
            cooling_off_ends_on: approval.product.cooling_off_ends_on(self.disbursed_on),
            status: state.status,
            asset_class: AssetClass::Standard,
            class_before: AssetClass::Standard,
            summary: Summary::of(&state),
            ended_on: None,
            reminded: Vec::new(),
            remind_at: None,
            created_at: self.application.disbursed_at(),
            updated_at: app.now(),
        }
    }

    fn transactions(&self, app: &App, loan: &Loan, receipts: &[Receipt]) -> Vec<LoanTransaction> {
        let transaction = |id, kind, direction, amount, reference: &str, value_on: Date| {
            let at = at_local(value_on, 10, 0, &india());
            LoanTransaction {
                id,
                user: loan.user,
                loan: loan.id,
                kind,
                direction,
                amount,
                mode: Some(Mode::Bank),
                reference: reference.to_owned(),
                status: TransactionStatus::Succeeded,
                value_on,
                reversal_reason: None,
                at,
                updated_at: at,
            }
        };
        let disbursal = transaction(
            Id::new(self.application.disbursed_at(), app.random()),
            TransactionKind::Disbursal,
            Direction::Credit,
            loan.net_disbursed,
            &loan.bank_reference,
            loan.disbursed_on,
        );
        let repaid = receipts.iter().map(|receipt| {
            let (kind, day) = (TransactionKind::Repayment, receipt.received_on);
            transaction(receipt.id, kind, Direction::Debit, receipt.amount, &receipt.reference, day)
        });
        std::iter::once(disbursal).chain(repaid).collect()
    }
}

/// Books all receipts at once.
async fn repay(app: &App, user: UserId, id: LoanId, receipts: Vec<Receipt>) -> Result<(), Error> {
    let Some(last) = receipts.last() else { return Ok(()) };
    let reference = last.id.to_string();
    let happening =
        Happening { event: "receipt", reference: &reference, value_on: last.received_on, now: app.now() };
    let mut book = Book::load(app.table(), user, id).await?;
    let booked = book.book(happening, |account| {
        account.account.events.extend(receipts.iter().map(event));
        account.receipts.extend(receipts.iter().cloned());
    })?;
    app.table().write(book.write(&booked, Write::new())).await
}

fn receipt(app: &App, day: Date, amount: Paise, number: usize) -> Receipt {
    let at = at_local(day, 10, 0, &india());
    let id: TransactionId = Id::new(at, app.random());
    Receipt {
        id,
        reference: format!("BENCH-{number}-{day}"),
        kind: TransactionKind::Repayment,
        mode: Mode::Bank,
        amount,
        fee: None,
        received_on: day,
        recorded_by: "stf_01J9ZQ6V0M8Q2W3E4R5T6Y7U8J".to_owned(),
        at,
        reversed: None,
    }
}

fn event(receipt: &Receipt) -> Event {
    let what = EventKind::Repayment { amount: receipt.amount };
    Event { reference: receipt.id.to_string(), on: receipt.received_on, what }
}

fn taken(receipt: &Receipt, loan: &Loan) -> ReceiptReference {
    ReceiptReference {
        reference: receipt.reference.clone(),
        transaction: receipt.id,
        loan: loan.id,
        user: loan.user,
    }
}
