//! A loan that was stored once as the endpoints store it, to be copied by the thousand: what lies in the partition of its borrower,
//! without its entries in the ledger.
use std::collections::BTreeMap;

use lending::{
    application::{ApplicationId, LoanApplication},
    borrower::UserId,
    loan_account::{Book, Loan, LoanAccount, LoanId, LoanTransaction, ReminderDuty, TransactionId},
};
use shared::{app::App, codes, error::Error, id::Id, table::Write};

/// Transactions at most of one loan of the stock.
const MOST_TRANSACTIONS: usize = 100;

/// What is copied.
pub(super) struct Model {
    loan: Loan,
    account: LoanAccount,
    application: LoanApplication,
    transactions: Vec<LoanTransaction>,
}

impl Model {
    /// The loan `id` of `user`, as it is stored.
    pub async fn load(app: &App, user: UserId, id: LoanId) -> Result<Self, Error> {
        let Book { loan, account } = Book::load(app.table(), user, id).await?;
        let application = app.table().get(LoanApplication::at(user, loan.application)).await?;
        let transactions = app.table().list(&LoanTransaction::of_loan(id), MOST_TRANSACTIONS).await?;
        Ok(Self {
            application: application.ok_or(codes::NOT_FOUND)?.value,
            loan: loan.value,
            account: account.value,
            transactions: transactions.into_iter().map(|transaction| transaction.value).collect(),
        })
    }

    /// The writes of a copy of `user`, numbered `number`.
    pub fn copy(&self, app: &App, user: UserId, number: usize) -> Write {
        let (mut loan, mut application) = (self.loan.clone(), self.application.clone());
        loan.id = Id::new(loan.created_at, app.random());
        loan.user = user;
        loan.number = renumbered(&loan.number, number);
        loan.bank_reference = renumbered(&loan.bank_reference, number);
        let application_id: ApplicationId = Id::new(application.created_at, app.random());
        loan.application = application_id;
        application.id = application_id;
        application.user = user;
        application.number = renumbered(&application.number, number);
        if let Some(disbursal) = &mut application.disbursal {
            disbursal.loan = Some(loan.id.to_string());
        }
        let mut renamed = BTreeMap::new();
        let transactions: Vec<LoanTransaction> =
            self.transactions.iter().map(|one| transaction(app, one, &loan, number, &mut renamed)).collect();
        let account = self.account(&loan, number, &renamed);
        let write =
            Write::new().create(&loan).create(&account).create(&application).create_all(&transactions);
        let write =
            write.create_all(&transactions.iter().map(LoanTransaction::reference_taken).collect::<Vec<_>>());
        match loan.remind_at {
            Some(remind_at) => write.create(&ReminderDuty { loan: loan.id, user, remind_at }),
            None => write,
        }
    }

    fn account(&self, loan: &Loan, number: usize, renamed: &BTreeMap<String, TransactionId>) -> LoanAccount {
        let mut account = self.account.clone();
        account.loan = loan.id;
        account.user = loan.user;
        for receipt in &mut account.receipts {
            receipt.reference = renumbered(&receipt.reference, number);
            receipt.id = renamed.get(&receipt.id.to_string()).copied().unwrap_or(receipt.id);
        }
        for event in &mut account.account.events {
            if let Some(id) = renamed.get(&event.reference) {
                event.reference = id.to_string();
            }
        }
        account
    }
}

fn transaction(
    app: &App,
    model: &LoanTransaction,
    loan: &Loan,
    number: usize,
    renamed: &mut BTreeMap<String, TransactionId>,
) -> LoanTransaction {
    let mut copy = model.clone();
    copy.id = Id::new(model.at, app.random());
    copy.user = loan.user;
    copy.loan = loan.id;
    copy.reference = renumbered(&model.reference, number);
    renamed.insert(model.id.to_string(), copy.id);
    copy
}

/// `text` with `number` in place of the model's number.
fn renumbered(text: &str, number: usize) -> String {
    text.replace(&digits(super::MODEL), &digits(number))
}

fn digits(number: usize) -> String {
    format!("-{number:06}")
}
