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

#[cfg(test)]
mod tests {
    use serde_json::json;
    use stand::Stand;

    use super::FUNCTION;
    use crate::testing::{paid_out, receive, staff_signed_in};

    #[tokio::test]
    async fn debits_and_credits_are_the_same_whatever_happened() {
        let stand = Stand::new().await;
        let admin = staff_signed_in(&stand, &["admin"]).await;
        let answer = stand.call(&FUNCTION).cookie(&admin).await;
        assert_eq!(
            (&answer.body["data"]["accounts"], &answer.body["data"]["difference"]),
            (&json!([]), &json!(0))
        );
        for n in 0..3 {
            let loan = paid_out(&stand, &format!("987654321{n}")).await;
            receive(&stand, &loan.finance, &loan, json!(1000.25), "2026-01-05", &format!("UTR-{n}")).await;
        }
        let answer = stand.call(&FUNCTION).cookie(&admin).await;
        let data = &answer.body["data"];
        assert_eq!((&data["difference"], &data["debits"]), (&json!(0), &data["credits"]));
        let of = |kind: &str| {
            let accounts = data["accounts"].as_array().unwrap();
            accounts.iter().find(|account| account["kind"] == kind).unwrap()["balance"].clone()
        };
        assert_eq!(
            (of("loans_receivable"), of("on_account"), of("fee_income")),
            (json!(150_000), json!(3000.75), json!(3000))
        );
        assert_eq!(answer.cost.calls, 3, "who asks, and two hundred balances at most");
    }
}
