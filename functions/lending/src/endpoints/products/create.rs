//! `POST /api/admin/loan-products`: an admin adds a product.
use axum::{extract::State, routing::post};
use serde_json::Value;
use shared::{
    app::App,
    audit::Entry,
    codes,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Body, Docs, Reply},
    table::Write,
};

use super::{Draft, ProductView};
use crate::{
    WING,
    access::{ADMIN, Staff},
    product::{DEFAULT_CODE, LoanProduct, Offered},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-create-product",
    module: module_path!(),
    wing: &WING,
    summary: "Add a loan product",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/api/admin/loan-products",
        access: ADMIN,
        handler: || post(handle),
        docs: Docs::reply::<ProductView>().body::<Draft>().created(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Put],
    ..Function::ENDPOINT
};

async fn handle(
    State(app): State<App>,
    staff: Staff,
    Body(draft): Body<Draft>,
) -> Result<Reply<ProductView>, Error> {
    let code = draft.code.as_ref().ok_or_else(|| Error::invalid_field("code", "required", "is required"))?;
    let terms = draft.product(code)?;
    // The built-in product is there already; it is changed by replacing it.
    if code.as_str() == DEFAULT_CODE {
        return Err(codes::DUPLICATE_ENTRY.into());
    }
    let now = app.now();
    let product = LoanProduct { terms, active: draft.is_active(), created_at: now, updated_at: now };
    let mut line =
        Entry::new(&app, &WING, &staff.actor, "create_product", code.as_str(), &Value::Null, &product)?;
    line.reason = draft.reason();
    let write = Write::new().create(&product).or(codes::DUPLICATE_ENTRY).create(&line);
    app.table().write(write).await?;
    let shown = ProductView::from(Offered { terms: product.terms, active: product.active, version: 1 });
    Ok(Reply::created("The product is added", shown).version(1))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use shared::audit::Entry;
    use stand::{Answer, Stand};

    use super::FUNCTION;
    use crate::{
        WING,
        endpoints::{applications::apply, products::sample},
        testing::{profile_done, staff_signed_in},
    };

    async fn create(stand: &Stand, cookie: &str, changes: Value) -> Answer {
        let mut body = sample("salary");
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        stand.call(&FUNCTION).cookie(cookie).json(body).await
    }

    #[tokio::test]
    async fn an_admin_adds_a_product_and_borrowers_may_apply_for_it() {
        let stand = Stand::new().await;
        let admin = staff_signed_in(&stand, &["admin"]).await;
        let answer = create(&stand, &admin, json!({ "reason": "Asked for by employers" })).await;
        assert_eq!((answer.status, answer.headers["etag"].as_str()), (201, "\"1\""), "{answer:?}");
        assert_eq!(answer.body["data"]["interest_rate"], 16.5);
        assert_eq!(answer.cost.calls, 2);
        let log = stand.table().list(&Entry::about(&WING, "salary"), 10).await.unwrap();
        assert_eq!((log.len(), log[0].action.as_str()), (1, "create_product"));
        assert_eq!(log[0].reason.as_deref(), Some("Asked for by employers"));
        assert_eq!((&log[0].before, &log[0].after["terms"]["code"]), (&Value::Null, &json!("salary")));

        let cookie = profile_done(&stand, "9876543210").await;
        let wish = json!({
            "loan_amount": 50_000, "tenure_months": 12, "loan_purpose": "Rent", "product": "salary",
            "interest_rate": 16.5,
        });
        let applied = stand.call(&apply::FUNCTION).cookie(&cookie).json(wish).await;
        assert_eq!(applied.status, 201, "{applied:?}");
        assert_eq!(applied.body["data"]["application"]["product"], "salary");
    }

    #[tokio::test]
    async fn a_code_is_given_once() {
        let stand = Stand::new().await;
        let admin = staff_signed_in(&stand, &["admin"]).await;
        assert_eq!(create(&stand, &admin, json!({})).await.status, 201);
        for taken in ["salary", "personal"] {
            let answer = create(&stand, &admin, json!({ "code": taken })).await;
            assert_eq!((answer.status, answer.code()), (409, "DUPLICATE_ENTRY"), "{taken}");
        }
    }

    #[tokio::test]
    async fn a_product_that_cannot_lend_is_refused_field_by_field() {
        let stand = Stand::new().await;
        let admin = staff_signed_in(&stand, &["admin"]).await;
        let wrong = [
            (json!({ "code": null, "gst_pct": 101 }), vec!["gst_pct"]),
            (json!({ "code": null }), vec!["code"]),
            (
                json!({ "code": "GOLD", "day_count": "x", "rounding": 1 }),
                vec!["code", "day_count", "rounding"],
            ),
            (json!({ "min_amount": 300_000, "offer_days": 0 }), vec!["max_amount", "offer_days"]),
            (
                json!({ "cooling_off_days": 0, "min_tenure_months": 25 }),
                vec!["cooling_off_days", "max_tenure_months"],
            ),
            (json!({ "processing_fee_flat": 5000 }), vec!["processing_fee_flat"]),
            (
                json!({ "allocation": { "sweep": "by_part", "parts": ["charges", "charges", "interest"] } }),
                vec!["allocation.parts"],
            ),
        ];
        for (changes, fields) in wrong {
            let answer = create(&stand, &admin, changes).await;
            assert_eq!(answer.status, 400, "{answer:?}");
            assert_eq!(answer.wrong_fields(), fields);
        }
    }

    #[tokio::test]
    async fn products_are_for_admins() {
        let stand = Stand::new().await;
        assert_eq!(stand.call(&FUNCTION).json(sample("salary")).await.status, 401);
        for role in ["officer", "finance"] {
            let cookie = staff_signed_in(&stand, &[role]).await;
            let answer = create(&stand, &cookie, json!({})).await;
            assert_eq!((answer.status, answer.code()), (403, "FORBIDDEN"));
        }
    }
}
