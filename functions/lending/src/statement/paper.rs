//! What the house puts on paper about a loan: the statement, and the certificate that nothing is due any
//! more.
use jiff::{Timestamp, civil::Date};
use shared::{clock::india, money::Paise};

use super::{
    Statement,
    pdf::{Column, Document, Row, Side},
    rupees::{grouped, in_rupees},
};
use crate::{
    application::LENDER,
    loan::{account::LoanState, state::LoanStatus},
    loan_account::Loan,
};

const COLUMNS: [Column; 6] = [
    Column { title: "Date", width: 70.0, side: Side::Left },
    Column { title: "Particulars", width: 135.0, side: Side::Left },
    Column { title: "Reference", width: 100.0, side: Side::Left },
    Column { title: "Debit (Rs.)", width: 68.0, side: Side::Right },
    Column { title: "Credit (Rs.)", width: 68.0, side: Side::Right },
    Column { title: "Balance (Rs.)", width: 74.0, side: Side::Right },
];

/// The statement of `loan`, which stands at `state` at the end of the statement.
pub fn statement(
    loan: &Loan,
    borrower: &str,
    statement: &Statement,
    state: &LoanState,
    generated_at: Timestamp,
) -> Vec<u8> {
    let mut document = Document::new(&format!("{LENDER}: statement of account"));
    document.fact("Borrower", borrower);
    document.fact("Loan", &loan.number);
    document.fact("Period", &format!("{} to {}", on_paper(statement.from), on_paper(statement.to)));
    document.fact("Amount lent", &in_rupees(loan.principal));
    document
        .fact("Paid out", &format!("{} on {}", in_rupees(loan.net_disbursed), on_paper(loan.disbursed_on)));
    document.fact("Interest", &format!("{} % a year", loan.annual_rate_pct.normalize()));
    document.fact("Principal outstanding", &in_rupees(state.outstanding_principal));
    document.fact("Due at the end of the period", &in_rupees(state.due.total()));
    document.space(14.0);

    let opening = balance(statement.from, "Opening balance", statement.opening);
    let entries = statement.entries.iter().map(|entry| Row {
        cells: [
            on_paper(entry.on),
            entry.particulars.to_owned(),
            entry.reference.clone(),
            amount(entry.debit),
            amount(entry.credit),
            grouped(entry.balance),
        ],
        bold: false,
    });
    let totals = Row {
        cells: [
            String::new(),
            "Totals".to_owned(),
            String::new(),
            grouped(statement.debits()),
            grouped(statement.credits()),
            String::new(),
        ],
        bold: true,
    };
    let closing = balance(statement.to, "Closing balance", statement.closing);
    document.table(&COLUMNS, [opening].into_iter().chain(entries).chain([totals, closing]));
    document.space(14.0);
    document.paragraph(
        "The balance is the principal not yet repaid with interest and charges that fell due, less money on account. A \
         negative balance is in the borrower's favour.",
    );
    document.finish(&footer(generated_at))
}

/// The certificate that nothing is due, if that is so of a loan in this state.
pub fn no_dues_certificate(
    loan: &Loan,
    borrower: &str,
    state: &LoanState,
    generated_at: Timestamp,
) -> Option<Vec<u8>> {
    let how = match state.status {
        LoanStatus::Closed => "repaid in full",
        LoanStatus::Foreclosed => "repaid in full before its time",
        LoanStatus::CoolingOffReturned => "returned within the cooling-off period",
        LoanStatus::Active | LoanStatus::Overdue | LoanStatus::WrittenOff => return None,
    };
    let settled_on = state.allocations.iter().map(|line| line.on).max().unwrap_or(state.as_of);
    let mut document = Document::new(&format!("{LENDER}: no-dues certificate"));
    document.fact("Borrower", borrower);
    document.fact("Loan", &loan.number);
    document.fact("Amount lent", &in_rupees(loan.principal));
    document.fact("Paid out on", &on_paper(loan.disbursed_on));
    document.fact("Received in all", &in_rupees(state.received));
    document.fact("Settled on", &on_paper(settled_on));
    document.space(14.0);
    document.paragraph(&format!(
        "We certify that the loan {} of {borrower} was {how} on {}. As of {}, nothing is due under this loan, and {LENDER} has \
         no claim from it.",
        loan.number,
        on_paper(settled_on),
        on_paper(state.as_of),
    ));
    document.paragraph(
        "Should a payment that settled the loan be taken back by its bank, the loan is open again to that amount, and this \
         certificate is void.",
    );
    Some(document.finish(&footer(generated_at)))
}

fn balance(on: Date, what: &str, balance: Paise) -> Row<6> {
    let none = String::new;
    Row { cells: [on_paper(on), what.to_owned(), none(), none(), none(), grouped(balance)], bold: true }
}

/// Empty instead of zero.
fn amount(amount: Paise) -> String {
    if amount.is_zero() { String::new() } else { grouped(amount) }
}

fn on_paper(day: Date) -> String {
    day.strftime("%-d %b %Y").to_string()
}

fn footer(generated_at: Timestamp) -> String {
    format!("Generated at {} IST", generated_at.to_zoned(india()).strftime("%-d %b %Y, %H:%M"))
}
