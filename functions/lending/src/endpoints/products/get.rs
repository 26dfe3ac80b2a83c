//! `GET /api/loan-products/{id}`: one product, also one that is no longer on offer.
use axum::{extract::State, routing::get};
use shared::{
    app::App,
    codes,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Docs, Parsed, Path, Reply},
};

use super::ProductView;
use crate::{
    WING,
    product::{self, ProductCode},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-get-product",
    module: module_path!(),
    wing: &WING,
    summary: "Show one loan product",
    trigger: Trigger::Http(Route {
        path: "/api/loan-products/{id}",
        handler: || get(handle),
        docs: Docs::reply::<ProductView>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Get],
    ..Function::ENDPOINT
};

async fn handle(State(app): State<App>, Path(id): Path<String>) -> Result<Reply<ProductView>, Error> {
    let code = ProductCode::parsed(&id).ok_or(codes::NOT_FOUND)?;
    let found = product::find(app.table(), code.as_str()).await?.ok_or(codes::NOT_FOUND)?;
    let version = found.version;
    Ok(Reply::ok("The loan product", ProductView::from(found)).version(version))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use stand::Stand;

    use super::FUNCTION;

    #[tokio::test]
    async fn a_product_is_shown_with_its_version() {
        let stand = Stand::new().await;
        let answer = stand.call(&FUNCTION).path("id", "personal").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.headers["etag"], "\"0\"");
        let product = &answer.body["data"];
        assert_eq!((&product["interest_rate"], &product["max_amount"]), (&json!(18), &json!(500_000)));
        assert_eq!(product["day_count"], "thirty360");
        assert_eq!(product["allocation"]["parts"], json!(["charges", "interest", "principal"]));
        assert_eq!(answer.cost.calls, 1);
        for unknown in ["gold", "GOLD", "x"] {
            assert_eq!(stand.call(&FUNCTION).path("id", unknown).await.status, 404, "{unknown}");
        }
    }
}
