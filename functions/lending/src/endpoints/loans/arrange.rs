//! Loans for the tests of what is shown of them: put by the rules alone, for the ways to get there have tests
//! of their own.
use shared::{id::Id, money::Paise, table::Write};
use stand::Stand;

use super::{list, view::today};
use crate::{
    application::{Approval, Asked, LoanApplication},
    loan_account::{
        Book, Happening, Loan, LoanAccount, LoanId, LoanTransaction, Mode, Receipt, TransactionKind, booking,
    },
    product,
    testing::user_of,
};

/// A loan of so many rupees for so many months, paid out today to whoever `cookie` is, by the built-in
/// product.
pub async fn lent(stand: &Stand, cookie: &str, rupees: i64, months: u16) -> LoanId {
    let (app, user) = (stand.app(&list::FUNCTION).await, user_of(stand, cookie).await);
    let product = product::built_in().terms;
    let approval = Approval {
        amount: Paise::major(rupees),
        // The rate of the cases: 12,000 over 12 months at 12 per cent is an instalment of 1,066.19.
        annual_rate_pct: 12.into(),
        tenure_months: months,
        fees: product.fees(Paise::major(rupees)),
        product,
        approved_by: "stf_1".to_owned(),
        approved_at: app.now(),
        checked_by: None,
    };
    let schedule = approval.schedule(today(&app)).unwrap();
    let asked = Asked {
        product: approval.product.code.clone(),
        loan_amount: approval.amount,
        tenure_months: months,
        purpose: "A new roof".to_owned(),
        annual_rate_pct: approval.annual_rate_pct,
        emi: schedule.emi,
    };
    let number = "PC-202601-000001".to_owned();
    let application = LoanApplication::new(Id::new(app.now(), app.random()), number, user, asked, app.now());
    let payout = crate::loan_account::Payout {
        reference: Id::<LoanTransaction>::new(app.now(), app.random()).to_string(),
        account_last4: "6789".to_owned(),
    };
    let id = Id::new(app.now(), app.random());
    let mut loan = Loan::new(id, &application, &approval, &schedule, payout, app.now());
    let mut account = LoanAccount::new(&loan, &schedule);
    let transaction = LoanTransaction::disbursal(&app, &loan);
    let reference = transaction.id.to_string();
    let happening =
        Happening { event: "disbursal", reference: &reference, value_on: loan.disbursed_on, now: app.now() };
    let booked = booking::open(&mut loan, &mut account, happening).unwrap();
    let write = Write::new().create(&loan).create(&account).create(&transaction);
    app.table().write(booked.write(write)).await.unwrap();
    id
}

/// Money comes in for a loan today, of this kind.
pub async fn receives(stand: &Stand, cookie: &str, loan: LoanId, kind: TransactionKind, amount: Paise) {
    let (app, user) = (stand.app(&list::FUNCTION).await, user_of(stand, cookie).await);
    let mut book = Book::load(app.table(), user, loan).await.unwrap();
    let moved = crate::loan_account::Moved {
        kind,
        amount,
        mode: Some(Mode::Bank),
        reference: format!("=UTR{}", amount.minor()),
        value_on: today(&app),
    };
    let transaction = LoanTransaction::new(&app, &book.loan, moved);
    let receipt = Receipt {
        id: transaction.id,
        reference: transaction.reference.clone(),
        kind,
        mode: Mode::Bank,
        amount,
        fee: None,
        received_on: transaction.value_on,
        recorded_by: "stf_1".to_owned(),
        at: app.now(),
        reversed: None,
    };
    let reference = transaction.id.to_string();
    let happening = Happening {
        event: "repayment",
        reference: &reference,
        value_on: transaction.value_on,
        now: app.now(),
    };
    let booked = book.book(happening, |account| account.receive(receipt)).unwrap();
    app.table().write(book.write(&booked, Write::new().create(&transaction))).await.unwrap();
}

/// An ordinary repayment of so many rupees, today.
pub async fn pays(stand: &Stand, cookie: &str, loan: LoanId, rupees: i64) {
    receives(stand, cookie, loan, TransactionKind::Repayment, Paise::major(rupees)).await;
}
