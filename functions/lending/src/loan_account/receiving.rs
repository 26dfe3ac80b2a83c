//! Money that came in, however it came: the receipt, its transaction, its unique reference, what follows in loan and ledger,
//! and the notice, for one write. And the way back.
use jiff::civil::Date;
use shared::{
    app::App,
    error::Error,
    messages::notice,
    money::{Paise, Rupees},
    table::{Stored, Write},
};

use super::{
    Book, Booked, Happening, Loan, LoanTransaction, Mode, Moved, Receipt, ReceiptReference, Reversal,
    TransactionKind, TransactionStatus,
};
use crate::{
    WING,
    borrower::User,
    codes as lending_codes,
    loan::{
        account::AllocationLine,
        foreclosure::{self, ForeclosureQuote},
        product::Fee,
        state::LoanStatus,
    },
    notices,
};

/// Money that came in.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// Repayment, foreclosure or return.
    pub kind: TransactionKind,
    /// How much.
    pub amount: Paise,
    /// How it came.
    pub mode: Mode,
    /// The outside name; unique in the wing, whatever its case.
    pub reference: String,
    /// The value date, not in the future.
    pub received_on: Date,
    /// `stf_…`, or the gateway.
    pub recorded_by: String,
}

/// What it did.
#[derive(Debug)]
pub struct Received {
    /// As the borrower sees it.
    pub transaction: LoanTransaction,
    /// What it paid up to today; the rest lies on account.
    pub allocations: Vec<AllocationLine>,
    /// What follows.
    pub booked: Booked,
}

/// Takes money in for a loan in any state: what nothing is due for lies on account. Refused are a reference that was used before
/// (409 `RECEIPT_EXISTS`), a day before the disbursal, and a foreclosure that does not settle the loan.
pub fn receive(
    app: &App,
    book: &mut Book,
    user: &User,
    incoming: &Incoming,
    write: Write,
) -> Result<(Received, Write), Error> {
    if incoming.received_on < book.loan.disbursed_on {
        return Err(Error::invalid_field("received_on", "range", "must not lie before the disbursal"));
    }
    let fee = match incoming.kind {
        TransactionKind::Foreclosure => fee_of(&settling(book, incoming)?),
        _ => None,
    };
    let moved = Moved {
        kind: incoming.kind,
        amount: incoming.amount,
        mode: Some(incoming.mode),
        reference: incoming.reference.clone(),
        value_on: incoming.received_on,
    };
    let transaction = LoanTransaction::new(app, &book.loan, moved);
    let name = transaction.id.to_string();
    let receipt = Receipt {
        id: transaction.id,
        reference: incoming.reference.clone(),
        kind: incoming.kind,
        mode: incoming.mode,
        amount: incoming.amount,
        fee,
        received_on: incoming.received_on,
        recorded_by: incoming.recorded_by.clone(),
        at: app.now(),
        reversed: None,
    };
    let happening =
        Happening { event: "receipt", reference: &name, value_on: incoming.received_on, now: app.now() };
    let booked = book.book(happening, |account| account.receive(receipt))?;
    let allocations = booked.after.allocations.iter().filter(|line| line.receipt == name).cloned().collect();

    let write = write.create(&transaction.reference_taken()).or_seeing(|taken: Option<ReceiptReference>| {
        let transaction = taken.map(|taken| taken.transaction.to_string());
        Error::new(lending_codes::RECEIPT_EXISTS).with("transaction", transaction)
    });
    let write = book.write(&booked, write.create(&transaction));
    let write = thank(app, &book.loan, user, &booked, incoming.amount, write)?;
    Ok((Received { transaction, allocations, booked }, write))
}

/// The quote for the day of the money, which must cover it.
fn settling(book: &Book, incoming: &Incoming) -> Result<ForeclosureQuote, Error> {
    let fee = book.loan.product.foreclosure_fee();
    let quote = foreclosure::quote(&book.account.account, incoming.received_on, fee);
    if incoming.amount >= quote.total {
        return Ok(quote);
    }
    let needed = serde_json::to_value(Rupees::from(quote.total)).map_err(Error::internal)?;
    Err(Error::new(lending_codes::TOO_LITTLE_TO_FORECLOSE).with("needed", needed))
}

fn fee_of(quote: &ForeclosureQuote) -> Option<Fee> {
    let fee = Fee { name: "Foreclosure fee".to_owned(), amount: quote.fee, gst: quote.fee_gst };
    fee.amount.is_positive().then_some(fee)
}

fn thank(
    app: &App,
    loan: &Loan,
    user: &User,
    booked: &Booked,
    amount: Paise,
    write: Write,
) -> Result<Write, Error> {
    let to = notices::recipient(user);
    let (amount, outstanding) = (amount.to_string(), loan.summary.outstanding_principal.to_string());
    let values = [
        ("number", loan.number.as_str()),
        ("amount", amount.as_str()),
        ("outstanding", outstanding.as_str()),
    ];
    let foreclosed = loan.status == LoanStatus::Foreclosed;
    let template = if foreclosed { &notices::FORECLOSURE_RECEIPT } else { &notices::PAYMENT_RECEIVED };
    let write = notice::tell(write, app, &WING, &to, template, &values)?;
    let settled_now =
        booked.before.status.is_running() && !loan.status.is_running() && loan.summary.due_total.is_zero();
    if settled_now {
        return notice::tell(write, app, &WING, &to, &notices::NO_DUES, &values);
    }
    Ok(write)
}

/// Takes a receipt back, because the money did not come after all: the account is computed again without it. Nothing is
/// deleted. 409 when it was taken back before.
pub fn take_back(
    app: &App,
    book: &mut Book,
    user: &User,
    transaction: &mut Stored<LoanTransaction>,
    reversal: Reversal,
    write: Write,
) -> Result<(Booked, Write), Error> {
    let counts = book.account.receipt(transaction.id).is_some_and(|receipt| receipt.reversed.is_none());
    if !counts {
        let status = serde_json::to_value(transaction.status).unwrap_or_default();
        return Err(Error::new(lending_codes::NOT_IN_THAT_STATE).with("status", status));
    }
    transaction.status = TransactionStatus::Reversed;
    transaction.reversal_reason = Some(reversal.reason.clone());
    transaction.updated_at = app.now();
    let id = transaction.id;
    let happening = Happening {
        event: "receipt_reversed",
        reference: &id.to_string(),
        value_on: transaction.value_on,
        now: app.now(),
    };
    let booked = book.book(happening, |account| account.reverse(id, reversal))?;
    let write = book.write(&booked, write.replace(transaction));
    let amount = transaction.amount.to_string();
    let values = [("number", book.loan.number.as_str()), ("amount", amount.as_str())];
    let to = notices::recipient(user);
    let write = notice::tell(write, app, &WING, &to, &notices::PAYMENT_FAILED, &values)?;
    Ok((booked, write))
}
