//! `GET /api/admin/audit-logs`: what staff did: on a day, to a thing, or by a person; newest first.
use axum::{extract::State, routing::get};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use shared::{
    app::{App, CURSOR_KEY},
    audit::Entry,
    clock::{day_in, india},
    deserr::Deserr,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Day, Docs, FieldErrors, Line, Query, Reply},
    id::Id,
    table::{Index, Limit, PageRequest, Pattern, Stored},
};
use utoipa::ToSchema;

use crate::{WING, access::ADMIN_OR_FINANCE};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-list-audit-log",
    module: module_path!(),
    wing: &WING,
    summary: "Read the audit log",
    trigger: Trigger::Http(Route {
        path: "/api/admin/audit-logs",
        access: ADMIN_OR_FINANCE,
        handler: || get(handle),
        docs: Docs::reply::<Response>().query::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[
        Need::Query,
        Need::QueryIndex(Index::Gsi1),
        Need::QueryIndex(Index::Gsi2),
        Need::Secret(&CURSOR_KEY),
    ],
    ..Function::ENDPOINT
};

/// One of day, subject and actor; the present day when none is named.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    /// All lines of this Indian day.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = Date, example = "2026-03-31")]
    day: Option<Day>,
    /// All lines about this id or key.
    #[deserr(default)]
    #[schema(value_type = Option<String>, example = "app_01J9ZQ6V0M8Q2W3E4R5T6Y7U8I")]
    subject: Option<Line<1, 100>>,
    /// All lines by this member of staff.
    #[deserr(default)]
    #[schema(value_type = Option<String>, example = "stf_01J9ZQ6V0M8Q2W3E4R5T6Y7U8I")]
    actor: Option<Line<1, 100>>,
    /// 1 to 100, 20 when absent.
    #[deserr(default)]
    #[schema(value_type = Option<u16>, example = 20)]
    limit: Option<Limit>,
    /// Where the page before ended.
    #[deserr(default)]
    cursor: Option<String>,
}

/// One page.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    lines: Vec<AuditLine>,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// What somebody did.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditLine {
    #[schema(value_type = String)]
    id: Id<Entry>,
    action: String,
    subject: String,
    actor: String,
    roles: Vec<String>,
    /// Where they came from: an IPv4 /24 or IPv6 /64.
    network: String,
    request_id: String,
    reason: Option<String>,
    before: Value,
    after: Value,
    #[schema(value_type = String)]
    at: Timestamp,
}

async fn handle(State(app): State<App>, Query(request): Query<Request>) -> Result<Reply<Response>, Error> {
    let page = PageRequest { limit: request.limit.unwrap_or(Limit::DEFAULT), cursor: request.cursor.clone() };
    let page = app.page(&pattern(&app, request)?, &page, |_| true).await?.map(line);
    Ok(Reply::ok("The audit log", Response { lines: page.items, next_cursor: page.next_cursor }))
}

fn pattern(app: &App, request: Request) -> Result<Pattern<Stored<Entry>>, Error> {
    match (request.day, request.subject, request.actor) {
        (day, None, None) => {
            Ok(Entry::of_day(&WING, day.map_or_else(|| day_in(app.now(), &india()), |Day(day)| day)))
        }
        (None, Some(subject), None) => Ok(Entry::about(&WING, &String::from(subject))),
        (None, None, Some(actor)) => Ok(Entry::by(&WING, &String::from(actor))),
        _ => Err(Error::invalid_field("", "choice", "name only one of day, subject and actor")),
    }
}

fn line(stored: Stored<Entry>) -> AuditLine {
    let Entry { id, action, subject, actor, reason, before, after, at, .. } = stored.value;
    AuditLine {
        id,
        action,
        subject,
        actor: actor.id,
        roles: actor.roles,
        network: actor.network,
        request_id: actor.request_id,
        reason,
        before,
        after,
        at,
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::{Value, json};
    use stand::{Answer, Stand};

    use super::FUNCTION;
    use crate::{
        endpoints::settings,
        testing::{SignedInStaff, staff_member, staff_signed_in},
    };

    async fn read(stand: &Stand, admin: &SignedInStaff, query: &str) -> Answer {
        stand.call(&FUNCTION).cookie(&admin.cookie).query(query).await
    }

    async fn set_limit(stand: &Stand, admin: &SignedInStaff, version: u64) {
        let call =
            stand.call(&settings::update::FUNCTION).cookie(&admin.cookie).path("key", "maker_checker_limit");
        let body = json!({ "value": 1000 + version });
        assert_eq!(call.header("if-match", &format!("\"{version}\"")).json(body).await.status, 200);
    }

    #[tokio::test]
    async fn lines_are_found_by_day_by_subject_and_by_actor_newest_first() {
        let stand = Stand::new().await;
        let (asha, bela) = (staff_member(&stand, &["admin"]).await, staff_member(&stand, &["admin"]).await);
        set_limit(&stand, &asha, 0).await;
        stand.advance(SignedDuration::from_secs(1));
        set_limit(&stand, &bela, 1).await;
        let (by_bela, bela_id) = (format!("actor={}", bela.id), Value::from(bela.id.to_string()));
        for (query, count) in [
            ("", 2),
            ("day=2026-01-05", 2),
            ("day=2026-01-06", 0),
            ("subject=maker_checker_limit", 2),
            (&by_bela, 1),
        ] {
            let answer = read(&stand, &asha, query).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            let lines = answer.body["data"]["lines"].as_array().unwrap();
            assert_eq!(lines.len(), count, "{query}");
            assert_eq!(answer.cost.calls, 2);
            if let Some(newest) = lines.first() {
                assert_eq!(
                    (&newest["actor"], &newest["before"], &newest["after"]),
                    (&bela_id, &1000.into(), &1001.into())
                );
                assert_eq!(
                    (&newest["roles"], &newest["network"]),
                    (&json!(["admin"]), &"203.0.113.0/24".into())
                );
                assert_eq!(newest["action"], "update_setting");
            }
        }
    }

    #[tokio::test]
    async fn pages_follow_each_other_and_a_cursor_fits_only_its_list() {
        let stand = Stand::new().await;
        let admin = staff_member(&stand, &["admin"]).await;
        for version in 0..3 {
            set_limit(&stand, &admin, version).await;
        }
        let first = read(&stand, &admin, "limit=2").await;
        let cursor = first.body["data"]["next_cursor"].as_str().unwrap();
        let last = read(&stand, &admin, &format!("limit=2&cursor={cursor}")).await;
        assert_eq!(last.body["data"]["lines"].as_array().unwrap().len(), 1);
        let elsewhere = read(&stand, &admin, &format!("subject=x&cursor={cursor}")).await;
        assert_eq!(elsewhere.code(), "INVALID_CURSOR");
    }

    #[tokio::test]
    async fn two_questions_at_once_are_refused_and_officers_do_not_read_it() {
        let stand = Stand::new().await;
        let admin = staff_member(&stand, &["admin"]).await;
        assert_eq!(read(&stand, &admin, "day=2026-01-05&subject=x").await.status, 400);
        for (role, status) in [("officer", 403), ("finance", 200)] {
            let cookie = staff_signed_in(&stand, &[role]).await;
            assert_eq!(stand.call(&FUNCTION).cookie(&cookie).await.status, status, "{role}");
        }
    }
}
