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
    number: usize,
    loan: Loan,
    account: LoanAccount,
    application: LoanApplication,
    transactions: Vec<LoanTransaction>,
}

impl Model {
    /// The loan `id` of `user`, numbered `number`, as it is stored.
    pub async fn load(app: &App, user: UserId, id: LoanId, number: usize) -> Result<Self, Error> {
        let Book { loan, account } = Book::load(app.table(), user, id).await?;
        let application = app.table().get(LoanApplication::at(user, loan.application)).await?;
        let transactions = app.table().list(&LoanTransaction::of_loan(id), MOST_TRANSACTIONS).await?;
        Ok(Self {
            number,
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
        let renumbered = |text: &str| text.replace(&digits(self.number), &digits(number));
        loan.number = renumbered(&loan.number);
        loan.bank_reference = renumbered(&loan.bank_reference);
        let application_id: ApplicationId = Id::new(application.created_at, app.random());
        loan.application = application_id;
        application.id = application_id;
        application.user = user;
        application.number = renumbered(&application.number);
        if let Some(disbursal) = &mut application.disbursal {
            disbursal.loan = Some(loan.id.to_string());
        }
        let mut renamed = BTreeMap::new();
        let mut transactions = Vec::new();
        for one in &self.transactions {
            let id: TransactionId = Id::new(one.at, app.random());
            renamed.insert(one.id.to_string(), id);
            let reference = renumbered(&one.reference);
            transactions.push(LoanTransaction { id, user, loan: loan.id, reference, ..one.clone() });
        }
        let mut account = LoanAccount { loan: loan.id, user, ..self.account.clone() };
        for receipt in &mut account.receipts {
            receipt.reference = renumbered(&receipt.reference);
            receipt.id = renamed.get(&receipt.id.to_string()).copied().unwrap_or(receipt.id);
        }
        for event in &mut account.account.events {
            if let Some(id) = renamed.get(&event.reference) {
                event.reference = id.to_string();
            }
        }
        let references: Vec<_> = transactions.iter().map(LoanTransaction::reference_taken).collect();
        let write = Write::new().create(&loan).create(&account).create(&application);
        let write = write.create_all(&transactions).create_all(&references);
        match loan.remind_at {
            Some(remind_at) => write.create(&ReminderDuty { loan: loan.id, user, remind_at }),
            None => write,
        }
    }
}

fn digits(number: usize) -> String {
    format!("-{number:06}")
}
