//! `GET /api/loan-products`: the products on offer.
use axum::{extract::State, routing::get};
use serde::Serialize;
use shared::{
    app::App,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Docs, Reply},
};
use utoipa::ToSchema;

use super::ProductView;
use crate::{WING, product};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-list-products",
    module: module_path!(),
    wing: &WING,
    summary: "List the loan products on offer",
    trigger: Trigger::Http(Route {
        path: "/api/loan-products",
        handler: || get(handle),
        docs: Docs::reply::<Response>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Query],
    ..Function::ENDPOINT
};

/// All of them, by code.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    products: Vec<ProductView>,
}

async fn handle(State(app): State<App>) -> Result<Reply<Response>, Error> {
    let products = product::all(app.table()).await?.into_iter().filter(|product| product.active);
    Ok(Reply::ok("Our loan products", Response { products: products.map(ProductView::from).collect() }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use stand::Stand;

    use super::FUNCTION;
    use crate::{
        endpoints::products::{create, replace, sample},
        testing::staff_signed_in,
    };

    #[tokio::test]
    async fn a_fresh_table_offers_the_built_in_product_and_stored_ones_come_beside_it() {
        let stand = Stand::new().await;
        let ids = async || {
            let answer = stand.call(&FUNCTION).await;
            assert_eq!((answer.status, answer.cost.calls), (200, 1), "{answer:?}");
            let products = answer.body["data"]["products"].as_array().unwrap().clone();
            products.iter().map(|product| product["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(ids().await, ["personal"]);
        let admin = staff_signed_in(&stand, &["admin"]).await;
        for code in ["salary", "gold"] {
            let answer = stand.call(&create::FUNCTION).cookie(&admin).json(sample(code)).await;
            assert_eq!(answer.status, 201, "{answer:?}");
        }
        assert_eq!(ids().await, ["gold", "personal", "salary"]);
        let mut gone = sample("gold");
        gone["active"] = json!(false);
        let replaced =
            stand.call(&replace::FUNCTION).cookie(&admin).path("id", "gold").header("if-match", "\"1\"");
        assert_eq!(replaced.json(gone).await.status, 200);
        assert_eq!(ids().await, ["personal", "salary"]);
    }
}
