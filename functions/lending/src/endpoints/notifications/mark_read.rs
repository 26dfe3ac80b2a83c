//! `PUT /api/notifications/{id}/read`: the borrower has seen it. Seeing it twice changes nothing.
use axum::{extract::State, routing::put};
use shared::{
    app::App,
    codes,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Docs, Path, Reply},
    id::Id,
    messages::notice::Notice,
    table::Write,
};

use crate::{
    WING,
    access::{BORROWER, Borrower},
    borrower::User,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-mark-notification-read",
    module: module_path!(),
    wing: &WING,
    summary: "Mark a notification as read",
    trigger: Trigger::Http(Route {
        method: Method::Put,
        path: "/api/notifications/{id}/read",
        access: BORROWER,
        handler: || put(handle),
        docs: Docs::NONE,
        ..Route::DEFAULT
    }),
    needs: &[Need::Get, Need::Put],
    ..Function::ENDPOINT
};

async fn handle(
    State(app): State<App>,
    Borrower { user, .. }: Borrower,
    Path(id): Path<Id<Notice>>,
) -> Result<Reply, Error> {
    let notice = app.table().get(Notice::at(&User::partition(user.id), id)).await?;
    let mut notice = notice.ok_or(codes::NOT_FOUND)?;
    if notice.read_at.is_none() {
        notice.read_at = Some(app.now());
        app.table().write(Write::new().replace(&notice)).await?;
    }
    Ok(Reply::done("Marked as read"))
}

#[cfg(test)]
mod tests {
    use stand::Stand;

    use super::FUNCTION;
    use crate::{
        endpoints::notifications::list,
        testing::{signed_in, told},
    };

    #[tokio::test]
    async fn a_notice_that_was_read_counts_no_longer_as_unread() {
        let stand = Stand::new().await;
        let cookie = signed_in(&stand, "9876543210").await;
        let ids = told(&stand, &cookie, 2).await;
        for calls in [3, 2] {
            let answer = stand.call(&FUNCTION).cookie(&cookie).path("id", &ids[1]).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            assert_eq!(answer.cost.calls, calls);
        }
        let data = stand.call(&list::FUNCTION).cookie(&cookie).await.body["data"].clone();
        assert_eq!(data["unread_count"], 1);
        assert_eq!(
            (&data["notifications"][0]["read"], &data["notifications"][1]["read"]),
            (&true.into(), &false.into())
        );
    }

    #[tokio::test]
    async fn the_notices_of_others_are_not_there() {
        let stand = Stand::new().await;
        let asha = signed_in(&stand, "9876543210").await;
        let bela = signed_in(&stand, "9876543211").await;
        let ids = told(&stand, &asha, 1).await;
        for id in [ids[0].as_str(), "ntc_01J9ZQ6V0M8Q2W3E4R5T6Y7V8Z", "nonsense"] {
            assert_eq!(stand.call(&FUNCTION).cookie(&bela).path("id", id).await.code(), "NOT_FOUND", "{id}");
        }
    }
}
