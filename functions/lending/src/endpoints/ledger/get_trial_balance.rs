//! `GET /api/admin/ledger/trial-balance`: the sum of every kind of account. Debits less credits are zero, always.
use axum::{extract::State, routing::get};
use serde::Serialize;
use shared::{
    app::App,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Docs, Reply},
    ledger::{self, KindTotal, Side, Unit},
    money::{Paise, Rupees},
};
use utoipa::ToSchema;

use crate::{WING, access::ADMIN_OR_FINANCE};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-get-trial-balance",
    module: module_path!(),
    wing: &WING,
    summary: "See the trial balance of the ledger",
    trigger: Trigger::Http(Route {
        path: "/api/admin/ledger/trial-balance",
        access: ADMIN_OR_FINANCE,
        handler: || get(handle),
        docs: Docs::reply::<Response>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::BatchGet],
    ..Function::ENDPOINT
};

/// The trial balance.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    /// Every kind of account that was ever used.
    accounts: Vec<AccountTotal>,
    #[schema(value_type = f64)]
    debits: Rupees,
    #[schema(value_type = f64)]
    credits: Rupees,
    /// Debits less credits: zero.
    #[schema(value_type = f64)]
    difference: Rupees,
}

/// All accounts of a kind.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountTotal {
    #[schema(value_type = String, example = "loans_receivable")]
    kind: &'static str,
    /// On which side it grows.
    side: Side,
    /// In its own direction.
    #[schema(value_type = f64)]
    balance: Rupees,
}

impl From<&KindTotal> for AccountTotal {
    fn from(total: &KindTotal) -> Self {
        Self { kind: total.kind.name(), side: total.side, balance: Paise::new(total.balance).into() }
    }
}

async fn handle(State(app): State<App>) -> Result<Reply<Response>, Error> {
    let trial = ledger::trial_balance(app.table(), &WING, Unit::Inr).await?;
    let response = Response {
        accounts: trial.kinds.iter().map(AccountTotal::from).collect(),
        debits: Paise::new(trial.total(Side::Debit)).into(),
        credits: Paise::new(trial.total(Side::Credit)).into(),
        difference: Paise::new(trial.difference()).into(),
    };
    Ok(Reply::ok("The trial balance", response))
}
