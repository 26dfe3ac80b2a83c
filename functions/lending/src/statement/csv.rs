//! The statement as CSV, for spreadsheets. Amounts are plain numbers in rupees.
use csv::{Error, Writer};
use jiff::civil::Date;
use shared::money::Paise;

use super::Statement;

/// The bytes of the file.
pub fn write(statement: &Statement) -> Result<Vec<u8>, Error> {
    let mut file = Writer::from_writer(Vec::new());
    file.write_record(["date", "particulars", "reference", "debit", "credit", "balance"])?;
    let balance = |on: Date, what: &str, amount: Paise| {
        [on.to_string(), what.to_owned(), String::new(), String::new(), String::new(), amount.to_string()]
    };
    file.write_record(balance(statement.from, "Opening balance", statement.opening))?;
    for entry in &statement.entries {
        file.write_record([
            entry.on.to_string(),
            entry.particulars.to_owned(),
            guarded(&entry.reference),
            amount(entry.debit),
            amount(entry.credit),
            entry.balance.to_string(),
        ])?;
    }
    file.write_record(balance(statement.to, "Closing balance", statement.closing))?;
    file.into_inner().map_err(|error| error.into_error().into())
}

/// Empty instead of zero.
fn amount(amount: Paise) -> String {
    if amount.is_zero() { String::new() } else { amount.to_string() }
}

/// A text that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, «CSV Injection»).
/// Our own numbers do not need it.
fn guarded(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::{
        loan::account::EventKind,
        statement::entries::tests::{account, event},
    };

    #[test]
    fn a_file_is_a_header_the_entries_and_both_balances() {
        let paid = EventKind::Repayment { amount: Paise::major(1500) };
        let account = account(vec![event(date(2024, 2, 1), paid)]);
        let file = write(&Statement::of(&account, date(2024, 1, 1), date(2024, 2, 1))).unwrap();
        let expected = "\
            date,particulars,reference,debit,credit,balance\n\
            2024-01-01,Opening balance,,,,0.00\n\
            2024-01-01,Loan disbursed,,12000.00,,12000.00\n\
            2024-02-01,Interest,,120.00,,12120.00\n\
            2024-02-01,Payment received,,,1500.00,10620.00\n\
            2024-02-01,Closing balance,,,,10620.00\n";
        assert_eq!(String::from_utf8(file).unwrap(), expected);
    }

    #[test]
    fn no_cell_is_a_formula() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(guarded(text), format!("'{text}"));
        }
        assert_eq!(guarded("UTR-1"), "UTR-1");
    }
}
