//! `PUT /api/admin/loan-products/{id}`: an admin changes a product, for what is applied for from now on.
use axum::{extract::State, routing::put};
use shared::{
    app::App,
    audit::Entry,
    codes,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Body, Docs, IfMatch, Parsed, Path, Reply},
    table::Write,
};

use super::{Draft, ProductView};
use crate::{
    WING,
    access::{ADMIN, Staff},
    product::{self, DEFAULT_CODE, LoanProduct, Offered, ProductCode},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-replace-product",
    module: module_path!(),
    wing: &WING,
    summary: "Change a loan product",
    trigger: Trigger::Http(Route {
        method: Method::Put,
        path: "/api/admin/loan-products/{id}",
        access: ADMIN,
        handler: || put(handle),
        docs: Docs::reply::<ProductView>().body::<Draft>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Get, Need::Put],
    ..Function::ENDPOINT
};

async fn handle(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<String>,
    if_match: IfMatch,
    Body(draft): Body<Draft>,
) -> Result<Reply<ProductView>, Error> {
    let code = ProductCode::parsed(&id).ok_or(codes::NOT_FOUND)?;
    if draft.code.as_ref().is_some_and(|given| *given != code) {
        return Err(Error::invalid_field("code", "choice", "must be that of the path, or left out"));
    }
    let stored = app.table().get(LoanProduct::at(code.as_str())).await?;
    let before = match &stored {
        Some(stored) => Offered::from(stored.clone()),
        None if code.as_str() == DEFAULT_CODE => product::built_in(),
        None => return Err(codes::NOT_FOUND.into()),
    };
    if_match.require(before.version)?;

    let now = app.now();
    let created_at = stored.as_ref().map_or(now, |stored| stored.created_at);
    let product =
        LoanProduct { terms: draft.product(&code)?, active: draft.is_active(), created_at, updated_at: now };
    let write = match stored {
        Some(mut stored) => {
            stored.value = product.clone();
            Write::new().replace(&stored)
        }
        // The first change of the built-in product stores it.
        None => Write::new().create(&product),
    };
    let was = LoanProduct { terms: before.terms, active: before.active, created_at, updated_at: created_at };
    let mut line = Entry::new(&app, &WING, &staff.actor, "replace_product", code.as_str(), &was, &product)?;
    line.reason = draft.reason();
    app.table().write(write.or(codes::PRECONDITION_FAILED).create(&line)).await?;

    let version = before.version + 1;
    let shown = ProductView::from(Offered { terms: product.terms, active: product.active, version });
    Ok(Reply::ok("The product is changed", shown).version(version))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use shared::audit::Entry;
    use stand::{Answer, Stand};

    use super::FUNCTION;
    use crate::{
        WING,
        endpoints::{
            applications::{apply, get_offer},
            products::{get, sample},
        },
        testing::{applied, approved, profile_done, staff_signed_in},
    };

    async fn replace(stand: &Stand, cookie: &str, id: &str, version: &str, changes: Value) -> Answer {
        let mut body = sample(id);
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        stand.call(&FUNCTION).cookie(cookie).path("id", id).header("if-match", version).json(body).await
    }

    #[tokio::test]
    async fn a_change_needs_the_version_that_was_loaded() {
        let stand = Stand::new().await;
        let admin = staff_signed_in(&stand, &["admin"]).await;
        let blind =
            stand.call(&FUNCTION).cookie(&admin).path("id", "personal").json(sample("personal")).await;
        assert_eq!((blind.status, blind.code()), (428, "PRECONDITION_REQUIRED"));
        // The built-in product has version 0; its first change stores it.
        for (version, status) in
            [("\"1\"", 412), ("\"0\"", 200), ("\"0\"", 412), ("\"1\"", 200), ("\"2\"", 200)]
        {
            let answer = replace(&stand, &admin, "personal", version, json!({})).await;
            assert_eq!(answer.status, status, "{version}: {answer:?}");
        }
        let shown = stand.call(&get::FUNCTION).path("id", "personal").await;
        assert_eq!((shown.headers["etag"].as_str(), &shown.body["data"]["version"]), ("\"3\"", &json!(3)));
        let log = stand.table().list(&Entry::about(&WING, "personal"), 10).await.unwrap();
        assert_eq!(log.len(), 3);
        let first = log.iter().find(|line| line.before["terms"]["name"] == "Personal loan").unwrap();
        assert_eq!(first.after["terms"]["name"], "Salary advance");
    }

    #[tokio::test]
    async fn two_changes_of_one_version_at_the_same_moment_are_one() {
        let stand = Stand::new().await;
        let admin = staff_signed_in(&stand, &["admin"]).await;
        for version in ["\"0\"", "\"1\""] {
            let change = || replace(&stand, &admin, "personal", version, json!({}));
            let (one, two) = futures::join!(change(), change());
            assert_eq!((one.status.min(two.status), one.status.max(two.status)), (200, 412));
        }
    }

    #[tokio::test]
    async fn a_change_does_not_touch_what_was_offered_before_it() {
        let stand = Stand::new().await;
        let admin = staff_signed_in(&stand, &["admin"]).await;
        let cookie = profile_done(&stand, "9876543210").await;
        let id = applied(&stand, &cookie).await;
        approved(&stand, &id).await;
        let offer = stand.call(&get_offer::FUNCTION).cookie(&cookie).path("id", &id).await;
        assert_eq!(replace(&stand, &admin, "personal", "\"0\"", json!({})).await.status, 200);
        let after = stand.call(&get_offer::FUNCTION).cookie(&cookie).path("id", &id).await;
        assert_eq!(after.body, offer.body);
        assert_eq!(after.body["data"]["interest_rate"], 18);
    }

    #[tokio::test]
    async fn a_product_that_is_taken_off_cannot_be_applied_for() {
        let stand = Stand::new().await;
        let admin = staff_signed_in(&stand, &["admin"]).await;
        assert_eq!(
            replace(&stand, &admin, "personal", "\"0\"", json!({ "active": false })).await.status,
            200
        );
        let cookie = profile_done(&stand, "9876543210").await;
        let wish = json!({ "loan_amount": 50_000, "tenure_months": 12, "loan_purpose": "Rent" });
        let answer = stand.call(&apply::FUNCTION).cookie(&cookie).json(wish).await;
        assert_eq!((answer.status, answer.wrong_fields()), (400, vec!["product"]));
    }

    #[tokio::test]
    async fn unknown_products_are_not_there_and_a_code_does_not_change() {
        let stand = Stand::new().await;
        let admin = staff_signed_in(&stand, &["admin"]).await;
        for unknown in ["gold", "GOLD"] {
            assert_eq!(replace(&stand, &admin, unknown, "\"1\"", json!({ "code": null })).await.status, 404);
        }
        let answer = replace(&stand, &admin, "personal", "\"0\"", json!({ "code": "other" })).await;
        assert_eq!((answer.status, answer.wrong_fields()), (400, vec!["code"]));
        let officer = staff_signed_in(&stand, &["officer"]).await;
        assert_eq!(replace(&stand, &officer, "personal", "\"0\"", json!({})).await.status, 403);
    }
}
