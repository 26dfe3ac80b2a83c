//! `POST /api/admin/loan-applications/{id}/disburse`: the money of an accepted application went out to the borrower's own
//! account; the application becomes a loan.
use axum::{extract::State, routing::post};
use jiff::civil::Date;
use serde::Serialize;
use shared::{
    app::App,
    audit,
    clock::{day_in, india},
    codes,
    deserr::Deserr,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Body, Day, Docs, FieldErrors, Line, Path, Reply},
    id::Id,
    messages::notice,
    table::{Index, Mixed, Stored, Write},
};
use utoipa::ToSchema;

use super::{LoanView, TransactionView};
use crate::{
    WING,
    access::{FINANCE, Staff},
    application::{ApplicationId, Disbursal, DisbursalState, LoanApplication},
    borrower::{BankDetails, User},
    codes as lending_codes,
    loan::state::{ApplicationEvent, ApplicationStatus},
    loan_account::{Happening, Loan, LoanAccount, LoanTransaction, Payout, booking},
    notices,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-disburse-loan",
    module: module_path!(),
    wing: &WING,
    summary: "Record that an accepted loan was paid out",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/api/admin/loan-applications/{id}/disburse",
        access: FINANCE,
        idempotent: true,
        handler: || post(handle),
        docs: Docs::reply::<Response>().body::<Request>().created(),
        ..Route::DEFAULT
    }),
    needs: &[Need::QueryIndex(Index::Gsi1), Need::BatchGet, Need::Put, Need::Update, Need::Delete],
    ..Function::ENDPOINT
};

/// What the bank said.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    /// The bank's name for the payout; belongs to one payout only.
    #[schema(value_type = String, example = "UTIBN52026010500012345")]
    bank_reference: Line<4, 64>,
    /// The day on which the money went out; usually today.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = Date, example = "2026-01-05")]
    disbursed_on: Option<Day>,
}

/// The new loan.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    application_status: ApplicationStatus,
    loan: LoanView,
    transaction: TransactionView,
}

async fn handle(
    State(app): State<App>,
    Staff { actor, .. }: Staff,
    Path(id): Path<ApplicationId>,
    Body(request): Body<Request>,
) -> Result<Reply<Response>, Error> {
    let Accepted { mut application, user, bank } = load(&app, id).await?;
    let before = application.status;
    let moved = application.transition(ApplicationEvent::Disburse, actor.id.clone(), None, app.now())?;
    let bank = bank.ok_or(lending_codes::NO_BANK_ACCOUNT)?;
    let approval = application.approval.clone().ok_or(lending_codes::NOT_IN_THAT_STATE)?;
    let full_name = user.basic.as_ref().map(|basic| basic.full_name.as_str()).unwrap_or_default();
    if !bank.belongs_to(full_name) {
        return Err(lending_codes::NAME_MISMATCH.into());
    }
    let disbursed_on = day_of_payout(&app, &application, request.disbursed_on)?;
    let schedule = approval.schedule(disbursed_on).map_err(Error::internal)?;

    let payout = Payout { reference: request.bank_reference.into(), account_last4: bank.last4.clone() };
    let id = Id::new(app.now(), app.random());
    let mut loan = Loan::new(id, &application, &approval, &schedule, payout, app.now());
    let mut account = LoanAccount::new(&loan, &schedule);
    let transaction = LoanTransaction::disbursal(&app, &loan);
    let happening = Happening {
        event: "disbursal",
        reference: &transaction.id.to_string(),
        value_on: disbursed_on,
        now: app.now(),
    };
    let booked = booking::open(&mut loan, &mut account, happening)?;
    application.disbursal = Some(Disbursal {
        state: DisbursalState::Succeeded,
        amount: loan.net_disbursed,
        bank_details: bank.id,
        started_by: actor.id.clone(),
        started_at: app.now(),
        reference: Some(loan.bank_reference.clone()),
        failure: None,
        attempts: application.disbursal.as_ref().map_or(1, |earlier| earlier.attempts + 1),
        check_at: None,
        loan: Some(loan.id.to_string()),
    });

    let write = moved.record(Write::new(), &application);
    let write = write.create(&transaction.reference_taken()).or(lending_codes::RECEIPT_EXISTS);
    let write = booked.write(write.create(&loan).create(&account).create(&transaction));
    let entry = audit::Entry::new(&app, &WING, &actor, "disburse_loan", application.id, &before, &loan)?;
    let values = [
        ("number", loan.number.as_str()),
        ("amount", &loan.net_disbursed.to_string()),
        ("account", &loan.bank_account_last4),
    ];
    let to = notices::recipient(&user);
    let write = notice::tell(write.create(&entry), &app, &WING, &to, &notices::LOAN_DISBURSED, &values)?;
    app.table().write(write).await?;

    let response = Response {
        application_status: application.status,
        loan: LoanView::from(&loan),
        transaction: TransactionView::from(&transaction),
    };
    Ok(Reply::created("The loan is paid out", response))
}

/// What the payout is about.
struct Accepted {
    application: Stored<LoanApplication>,
    user: Stored<User>,
    /// The chosen account.
    bank: Option<Stored<BankDetails>>,
}

async fn load(app: &App, id: ApplicationId) -> Result<Accepted, Error> {
    let found = app.table().list(&LoanApplication::by_id(id), 1).await?.into_iter().next();
    let found = found.ok_or(codes::NOT_FOUND)?;
    let mut keys = vec![LoanApplication::at(found.user, id).key, User::at(found.user).key];
    keys.extend(found.bank_details.map(|bank| BankDetails::at(found.user, bank).key));
    let items = app.table().get_mixed(keys).await?;
    let (Some(application), Some(user)) =
        (Mixed::all::<LoanApplication>(&items)?.pop(), Mixed::all::<User>(&items)?.pop())
    else {
        return Err(codes::NOT_FOUND.into());
    };
    // The index may have shown a choice that was changed since: then the application must be loaded again.
    let bank = Mixed::all::<BankDetails>(&items)?.pop();
    if bank.as_ref().map(|bank| bank.id) != application.bank_details {
        return Err(codes::CHANGED_MEANWHILE.into());
    }
    Ok(Accepted { application, user, bank })
}

/// Not in the future, and not before the borrower signed.
fn day_of_payout(app: &App, application: &LoanApplication, named: Option<Day>) -> Result<Date, Error> {
    let today = day_in(app.now(), &india());
    let day = named.map_or(today, |Day(day)| day);
    let signed_on =
        application.accepted.as_ref().map_or(today, |signed| day_in(signed.accepted_at, &india()));
    if (signed_on..=today).contains(&day) {
        return Ok(day);
    }
    Err(Error::invalid_field("disbursed_on", "range", "must lie between the borrower's signature and today"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use shared::ledger::{self, AccountRef, House, Unit};
    use stand::{Answer, Stand};

    use super::FUNCTION;
    use crate::{
        WING,
        application::PendingApplication,
        endpoints::applications::get,
        loan::delinquency::DpdBucket,
        loan_account::{Loan, LoanTransaction, Portfolio, Shelf, ShelfPart},
        testing::{
            accepted, applied, approved, assert_books_right, book_of, go_to, paid_out, profile_done,
            ready_to_pay_out, staff_signed_in, whose,
        },
    };

    async fn disburse(stand: &Stand, finance: &str, application: &str, body: Value) -> Answer {
        stand.call(&FUNCTION).cookie(finance).path("id", application).json(body).await
    }

    #[tokio::test]
    async fn the_application_becomes_a_loan_with_its_schedule_its_books_and_a_notice() {
        let stand = Stand::new().await;
        let (cookie, application) = ready_to_pay_out(&stand, "9876543210").await;
        let finance = staff_signed_in(&stand, &["finance"]).await;
        let answer = disburse(&stand, &finance, &application, json!({ "bank_reference": "UTR0001" })).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let data = &answer.body["data"];
        assert_eq!(data["application_status"], "disbursed");
        assert_eq!(data["loan"]["number"], "LN-202601-000001");
        assert_eq!(
            (&data["loan"]["status"], &data["loan"]["outstanding_principal"]),
            (&json!("active"), &json!(50_000))
        );
        assert_eq!(data["loan"]["next_due"]["on"], "2026-02-05");
        assert_eq!(data["transaction"]["kind"], "disbursal");

        let shown = stand.call(&get::FUNCTION).cookie(&cookie).path("id", &application).await;
        assert_eq!(shown.body["data"]["application"]["status"], "disbursed");
        let (user, _) = whose(&stand, &application).await;
        assert!(stand.table().get(PendingApplication::at(user)).await.unwrap().is_none(), "may apply again");
        let loans = stand.table().list(&Loan::of_user(user), 10).await.unwrap();
        let fees = loans[0].fees.total();
        assert_eq!(loans[0].net_disbursed, loans[0].principal - fees);
        let bank = AccountRef::house(&WING, House::Bank, Unit::Inr);
        let in_bank = ledger::balance(&stand.table(), &bank).await.unwrap();
        assert_eq!(in_bank, -loans[0].net_disbursed.minor());
        let transactions = stand.table().list(&LoanTransaction::of_loan(loans[0].id), 10).await.unwrap();
        assert_eq!((transactions.len(), transactions[0].amount), (1, loans[0].net_disbursed));
        let parts = stand.table().list(&ShelfPart::all(), ShelfPart::MOST).await.unwrap();
        let portfolio = Portfolio::of(parts.iter().map(|part| &part.value));
        let current = portfolio.on(Shelf::Running(DpdBucket::Current));
        assert_eq!((current.loans, current.outstanding), (1, loans[0].principal));
        assert!(stand.everything_stored().await.contains("The money is on its way"));
    }

    #[tokio::test]
    async fn a_loan_is_paid_out_once_also_by_ten_at_the_same_moment() {
        let stand = Stand::new().await;
        let (_, application) = ready_to_pay_out(&stand, "9876543210").await;
        let finance = staff_signed_in(&stand, &["finance"]).await;
        let calls = (0..10).map(|n| {
            disburse(&stand, &finance, &application, json!({ "bank_reference": format!("UTR{n:04}") }))
        });
        let answers = futures::future::join_all(calls).await;
        let statuses = |wanted| answers.iter().filter(|answer| answer.status == wanted).count();
        assert_eq!((statuses(201), statuses(409)), (1, 9), "{answers:?}");
        let (user, _) = whose(&stand, &application).await;
        assert_eq!(stand.table().list(&Loan::of_user(user), 10).await.unwrap().len(), 1);
        let again = disburse(&stand, &finance, &application, json!({ "bank_reference": "UTR9999" })).await;
        assert_eq!((again.status, again.code()), (409, "NOT_IN_THAT_STATE"));
        assert_eq!(again.body["data"]["status"], "disbursed");
    }

    #[tokio::test]
    async fn one_payout_of_the_bank_is_not_the_payout_of_two_loans() {
        let stand = Stand::new().await;
        let first = paid_out(&stand, "9876543210").await;
        let (_, application) = ready_to_pay_out(&stand, "9876543211").await;
        let body = json!({ "bank_reference": "utr9876543210" });
        let answer = disburse(&stand, &first.finance, &application, body).await;
        assert_eq!((answer.status, answer.code()), (409, "RECEIPT_EXISTS"));
        assert_books_right(&stand, &first).await;
    }

    #[tokio::test]
    async fn money_goes_out_only_after_acceptance_and_only_to_a_chosen_account() {
        let stand = Stand::new().await;
        let finance = staff_signed_in(&stand, &["finance"]).await;
        let cookie = profile_done(&stand, "9876543210").await;
        let application = applied(&stand, &cookie).await;
        let body = json!({ "bank_reference": "UTR0001" });
        let answer = disburse(&stand, &finance, &application, body.clone()).await;
        assert_eq!((answer.status, answer.code()), (409, "NOT_IN_THAT_STATE"));
        approved(&stand, &application).await;
        let answer = disburse(&stand, &finance, &application, body.clone()).await;
        assert_eq!((answer.status, answer.code()), (409, "NOT_IN_THAT_STATE"));
        accepted(&stand, "9876543210", &cookie, &application).await;
        let answer = disburse(&stand, &finance, &application, body).await;
        assert_eq!((answer.status, answer.code()), (409, "NO_BANK_ACCOUNT"));
    }

    #[tokio::test]
    async fn the_day_of_the_payout_lies_between_the_signature_and_today() {
        let stand = Stand::new().await;
        let (_, application) = ready_to_pay_out(&stand, "9876543210").await;
        go_to(&stand, "2026-01-08");
        let finance = staff_signed_in(&stand, &["finance"]).await;
        for (day, status) in [("2026-01-04", 400), ("2026-01-09", 400), ("2026-01-06", 201)] {
            let body = json!({ "bank_reference": "UTR0001", "disbursed_on": day });
            let answer = disburse(&stand, &finance, &application, body).await;
            assert_eq!(answer.status, status, "{day} {answer:?}");
        }
        let (user, _) = whose(&stand, &application).await;
        let loan = stand.table().list(&Loan::of_user(user), 1).await.unwrap().remove(0);
        assert_eq!(loan.summary.next_due.unwrap().on.to_string(), "2026-02-06");
    }

    #[tokio::test]
    async fn officers_and_admins_do_not_pay_out() {
        let stand = Stand::new().await;
        let (_, application) = ready_to_pay_out(&stand, "9876543210").await;
        let staff = staff_signed_in(&stand, &["officer", "admin"]).await;
        let answer = disburse(&stand, &staff, &application, json!({ "bank_reference": "UTR0001" })).await;
        assert_eq!((answer.status, answer.code()), (403, "FORBIDDEN"));
    }

    #[tokio::test]
    async fn the_books_are_right_from_the_first_day() {
        let stand = Stand::new().await;
        let loan = paid_out(&stand, "9876543210").await;
        assert_books_right(&stand, &loan).await;
        let book = book_of(&stand, &loan).await;
        let remind_at = book.loan.remind_at.unwrap().to_string();
        assert_eq!(
            remind_at, "2026-02-02T03:30:00Z",
            "three days before the first instalment, at nine in India"
        );
    }
}
