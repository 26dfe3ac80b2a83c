//! `PUT /api/user/profile/basic`: name, date of birth, PAN: step 2 becomes 3.
use axum::{extract::State, routing::put};
use jiff::civil::Date;
use serde::Serialize;
use shared::{
    app::App,
    clock::{day_in, india},
    codes,
    deserr::Deserr,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Body, Day, Docs, FieldErrors, Reply},
    identity::{
        Vault,
        vault::{self, FIELD_KEY, LOOKUP_KEY},
    },
    messages::EmailAddress,
    table::Write,
};
use utoipa::ToSchema;

use crate::{
    WING,
    access::{BORROWER, Borrower},
    application::PendingApplication,
    borrower::{BasicDetails, FullName, Gender, Pan, PanTaken, age_on},
    codes as lending_codes, email_confirmation,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-update-basic-profile",
    module: module_path!(),
    wing: &WING,
    summary: "Give the basic details of the profile",
    trigger: Trigger::Http(Route {
        method: Method::Put,
        path: "/api/user/profile/basic",
        access: BORROWER,
        handler: || put(handle),
        docs: Docs::reply::<Response>().body::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Get, Need::Put, Need::Delete, Need::Secret(&FIELD_KEY), Need::Secret(&LOOKUP_KEY)],
    ..Function::ENDPOINT
};

/// The basic details.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    /// As on the PAN card.
    #[schema(value_type = String, example = "Asha Verma")]
    full_name: FullName,
    /// From 18 to 65 years ago.
    #[schema(value_type = String, format = Date, example = "1994-07-21")]
    date_of_birth: Day,
    gender: Gender,
    /// Belongs to one borrower only.
    #[schema(value_type = String, example = "ABCDE1234F")]
    pan: Pan,
    #[schema(value_type = String, example = "asha@example.in")]
    email: EmailAddress,
}

/// How far the profile is now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    profile_completion_step: u8,
}

async fn handle(
    State(app): State<App>,
    Borrower { mut user, .. }: Borrower,
    Body(request): Body<Request>,
) -> Result<Reply<Response>, Error> {
    let Day(date_of_birth) = request.date_of_birth;
    check_age(day_in(app.now(), &india()), date_of_birth)?;
    let pan_lookup = vault::lookup(&app, WING.tag, "pan", request.pan.as_str())?;
    let before = user.basic.as_ref().map(|basic| (basic.pan_lookup.clone(), basic.date_of_birth));
    let identity_changes =
        before.as_ref().is_some_and(|before| *before != (pan_lookup.clone(), date_of_birth));
    if identity_changes && app.table().get(PendingApplication::at(user.id)).await?.is_some() {
        return Err(lending_codes::APPLICATION_OPEN.into());
    }

    let pan_sealed = Vault::of(&app)?.seal(&user.id.to_string(), "pan", request.pan.as_str())?;
    let details = BasicDetails {
        full_name: request.full_name,
        date_of_birth,
        gender: request.gender,
        pan: pan_sealed,
        pan_lookup: pan_lookup.clone(),
        pan_last4: request.pan.as_str().chars().skip(6).collect(),
        // The first address is taken as it is; a later one counts once it is confirmed, here as everywhere.
        email: user.basic.as_ref().map_or_else(|| request.email.to_string(), |basic| basic.email.clone()),
    };
    user.complete_basic(details, app.now());
    let write = email_confirmation::ask(&app, &mut user, request.email.to_string(), Write::new())?;
    let mut write = write.replace(&user);
    let earlier = before.map(|(pan, _)| pan);
    if earlier.as_ref() != Some(&pan_lookup) {
        // Says that one of the details is taken, not which nor by whom.
        write = write.create(&PanTaken { pan: pan_lookup, user: user.id }).or(codes::DUPLICATE_ENTRY);
        if let Some(earlier) = earlier {
            write = write.erase(PanTaken::at(&earlier));
        }
    }
    app.table().write(write).await?;
    let response = Response { profile_completion_step: user.profile_completion_step.number() };
    Ok(Reply::ok("Your basic details are saved", response))
}

/// Who may borrow at all; occupations narrow it further when somebody applies (`spec/lending.md` 1.1).
fn check_age(today: Date, date_of_birth: Date) -> Result<(), Error> {
    if (18..=65).contains(&age_on(today, date_of_birth)) {
        return Ok(());
    }
    Err(Error::invalid_field("date_of_birth", "range", "must make you 18 to 65 years old"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use stand::{Answer, Stand};

    use super::FUNCTION;
    use crate::{endpoints::auth::get_profile, testing::signed_in};

    fn details() -> Value {
        json!({
            "full_name": "Asha Verma", "date_of_birth": "1994-07-21", "gender": "female",
            "pan": "ABCDE1234F", "email": "asha@example.in",
        })
    }

    async fn put(stand: &Stand, cookie: &str, changes: Value) -> Answer {
        let mut body = details();
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        stand.call(&FUNCTION).cookie(cookie).json(body).await
    }

    #[tokio::test]
    async fn basic_details_lift_the_step_from_two_to_three_and_may_be_repeated() {
        let stand = Stand::new().await;
        let cookie = signed_in(&stand, "9876543210").await;
        for _ in 0..2 {
            let answer = put(&stand, &cookie, json!({})).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            assert_eq!(answer.body["data"], json!({ "profile_completion_step": 3 }));
        }
    }

    #[tokio::test]
    async fn all_wrong_fields_are_named_at_once() {
        let stand = Stand::new().await;
        let cookie = signed_in(&stand, "9876543210").await;
        let wrong = json!({ "full_name": "A1", "date_of_birth": "21/07/1994", "gender": "x", "pan": "ABCD", "email": "no", "age": 3 });
        let answer = put(&stand, &cookie, wrong).await;
        assert_eq!((answer.status, answer.code()), (400, "VALIDATION_FAILED"));
        assert_eq!(answer.wrong_fields(), ["age", "date_of_birth", "email", "full_name", "gender", "pan"]);
        assert!(!answer.body.to_string().contains("ABCD\""), "the value is not repeated");
    }

    #[tokio::test]
    async fn borrowers_are_eighteen_to_sixty_five() {
        let stand = Stand::new().await;
        let cookie = signed_in(&stand, "9876543210").await;
        // Today is 2026-01-05.
        for (born, status) in [
            ("2008-01-06", 400),
            ("2008-01-05", 200),
            ("1960-01-06", 200),
            ("1960-01-05", 400),
            ("2030-01-01", 400),
        ] {
            assert_eq!(put(&stand, &cookie, json!({ "date_of_birth": born })).await.status, status, "{born}");
        }
    }

    #[tokio::test]
    async fn a_pan_belongs_to_one_borrower_and_is_free_again_when_they_correct_it() {
        let stand = Stand::new().await;
        let asha = signed_in(&stand, "9876543210").await;
        let bela = signed_in(&stand, "9876543211").await;
        assert_eq!(put(&stand, &asha, json!({})).await.status, 200);
        let answer = put(&stand, &bela, json!({ "pan": "abcde1234f" })).await;
        assert_eq!((answer.status, answer.code()), (409, "DUPLICATE_ENTRY"));
        assert_eq!(put(&stand, &asha, json!({ "pan": "ABCDE1234G" })).await.status, 200);
        assert_eq!(put(&stand, &bela, json!({})).await.status, 200);
    }

    #[tokio::test]
    async fn another_address_counts_only_once_it_is_confirmed() {
        let stand = Stand::new().await;
        let cookie = signed_in(&stand, "9876543210").await;
        put(&stand, &cookie, json!({})).await;
        put(&stand, &cookie, json!({ "email": "other@example.in" })).await;
        let profile = stand.call(&get_profile::FUNCTION).cookie(&cookie).await;
        assert_eq!(profile.body["data"]["email"], "asha@example.in");
        assert_eq!(profile.body["data"]["pending_email"], "other@example.in");
    }

    #[tokio::test]
    async fn the_pan_rests_sealed() {
        let stand = Stand::new().await;
        let cookie = signed_in(&stand, "9876543210").await;
        put(&stand, &cookie, json!({})).await;
        assert!(!stand.everything_stored().await.contains("ABCDE1234F"));
    }

    #[tokio::test]
    async fn a_cookie_alone_does_not_carry_a_change() {
        let stand = Stand::new().await;
        let cookie = signed_in(&stand, "9876543210").await;
        let foreign = stand
            .call(&FUNCTION)
            .cookie(&cookie)
            .header("origin", "https://evil.example")
            .json(details())
            .await;
        assert_eq!((foreign.status, foreign.code()), (403, "CSRF_REQUIRED"));
    }
}
