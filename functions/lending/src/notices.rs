//! What lending tells a borrower, and when: one template for each occasion of `spec/lending.md` 3.1 «Templates».
//!
//! An SMS is one part of plain GSM-7 with everything filled in, so amounts are written `Rs 5000.00` there; its text is registered
//! word for word with the operators (DLT) under the template's name.
use shared::messages::notice::{Recipient, Template};

use crate::borrower::User;

/// Whom a notice to `user` is for.
pub fn recipient(user: &User) -> Recipient {
    Recipient {
        partition: User::partition(user.id),
        owner: user.id.to_string(),
        phone: Some(user.phone.clone()),
        email: user.basic.as_ref().map(|basic| basic.email.clone()),
        wants_optional: user.wants_optional_notices,
    }
}

/// `{number}`, `{amount}`.
pub static APPLICATION_RECEIVED: Template = Template {
    name: "application_received",
    optional: false,
    title: "We have your application",
    body: "Your application {number} for Rs {amount} has reached us. We will tell you as soon as somebody looks at it.",
    sms: Some(
        "Pocket Credit: we have your loan application {number} for Rs {amount}. We will keep you informed.",
    ),
};

/// `{number}`.
pub static APPLICATION_UNDER_REVIEW: Template = Template {
    name: "application_under_review",
    optional: true,
    title: "Your application is under review",
    body: "An officer is looking at your application {number}.",
    sms: Some("Pocket Credit: your loan application {number} is under review."),
};

/// `{number}`, `{amount}`, `{valid_until}` (a day).
pub static APPLICATION_APPROVED: Template = Template {
    name: "application_approved",
    optional: false,
    title: "Your loan is approved",
    body: "Your application {number} is approved for Rs {amount}. Read the Key Fact Statement and accept the offer by \
           {valid_until}: https://pocketcredit.example/kfs/{number}",
    sms: Some(
        "Pocket Credit: Rs {amount} approved. Read the Key Fact Statement and accept by {valid_until}: \
         https://pocketcredit.example/kfs/{number}",
    ),
};

/// `{number}`, `{reason}` (in the plain words of the reason code).
pub static APPLICATION_REJECTED: Template = Template {
    name: "application_rejected",
    optional: false,
    title: "We cannot offer you this loan",
    body: "We could not approve your application {number}: {reason}. You may apply again.",
    sms: Some("Pocket Credit: we could not approve {number}: {reason}."),
};

/// `{number}`.
pub static OFFER_EXPIRED: Template = Template {
    name: "offer_expired",
    optional: false,
    title: "Your offer has expired",
    body: "The offer for your application {number} was not accepted in time and has expired. You may apply again.",
    sms: Some("Pocket Credit: the offer for {number} has expired. You may apply again."),
};

/// `{number}`.
pub static APPLICATION_CLOSED: Template = Template {
    name: "application_closed",
    optional: false,
    title: "Your application was closed",
    body: "Nothing happened with your application {number} for 30 days, so we closed it. You may apply again.",
    sms: Some(
        "Pocket Credit: application {number} was closed after 30 days without progress. You may apply again.",
    ),
};

/// `{number}`, `{amount}` (what arrives), `{account}` (the last four digits).
pub static LOAN_DISBURSED: Template = Template {
    name: "loan_disbursed",
    optional: false,
    title: "The money is on its way",
    body: "Rs {amount} of your loan {number} went to your account ending in {account}. Your schedule and your right to give \
           the loan back within the cooling-off period stand in the app.",
    sms: Some("Pocket Credit: Rs {amount} of loan {number} was paid to your account ending {account}."),
};

/// `{number}`, `{amount}`, `{due_on}`.
pub static DUE_SOON: Template = Template {
    name: "due_soon",
    optional: true,
    title: "An instalment is due soon",
    body: "Rs {amount} of your loan {number} fall due on {due_on}.",
    sms: Some("Pocket Credit: Rs {amount} of loan {number} fall due on {due_on}."),
};

/// `{number}`, `{amount}`.
pub static DUE_TODAY: Template = Template {
    name: "due_today",
    optional: false,
    title: "An instalment is due today",
    body: "Rs {amount} of your loan {number} are due today.",
    sms: Some("Pocket Credit: Rs {amount} of loan {number} are due today."),
};

/// `{number}`, `{amount}`, `{days}`.
pub static OVERDUE: Template = Template {
    name: "overdue",
    optional: false,
    title: "An instalment is overdue",
    body: "Rs {amount} of your loan {number} are overdue by {days} days. Pay soon to avoid further penal charges.",
    sms: Some(
        "Pocket Credit: Rs {amount} of loan {number} are overdue by {days} days. Pay soon to avoid penal charges.",
    ),
};

/// `{number}`, `{amount}`, `{outstanding}` (principal).
pub static PAYMENT_RECEIVED: Template = Template {
    name: "payment_received",
    optional: false,
    title: "We have your payment",
    body: "Rs {amount} for your loan {number} have arrived. Outstanding principal: Rs {outstanding}.",
    sms: Some(
        "Pocket Credit: Rs {amount} received for loan {number}. Outstanding principal Rs {outstanding}.",
    ),
};

/// `{number}`, `{amount}`.
pub static PAYMENT_FAILED: Template = Template {
    name: "payment_failed",
    optional: false,
    title: "Your payment did not go through",
    body: "Your payment of Rs {amount} for loan {number} failed. If money left your account, it comes back by itself.",
    sms: Some("Pocket Credit: your payment of Rs {amount} for loan {number} failed. Please try again."),
};

/// `{number}`, `{amount}`.
pub static FORECLOSURE_RECEIPT: Template = Template {
    name: "foreclosure_receipt",
    optional: false,
    title: "Your loan is settled early",
    body: "With Rs {amount} your loan {number} is settled before its time. The certificate follows.",
    sms: Some("Pocket Credit: Rs {amount} received, loan {number} is foreclosed."),
};

/// `{number}`.
pub static NO_DUES: Template = Template {
    name: "no_dues",
    optional: false,
    title: "You owe us nothing more",
    body: "Your loan {number} is closed and settled. The no-dues certificate is in the app.",
    sms: Some(
        "Pocket Credit: loan {number} is closed, nothing is due. The no-dues certificate is in the app.",
    ),
};

/// `{number}`, `{amount}`, `{debit_on}`: 24 hours before the debit.
pub static MANDATE_PRE_DEBIT: Template = Template {
    name: "mandate_pre_debit",
    optional: false,
    title: "We will debit your account",
    body: "On {debit_on} we will debit Rs {amount} for your loan {number} by your mandate. You may cancel it in the app.",
    sms: Some("Pocket Credit: on {debit_on} Rs {amount} for loan {number} will be debited by your mandate."),
};

/// `{number}`, `{ends_on}`.
pub static COOLING_OFF_ENDING: Template = Template {
    name: "cooling_off_ending",
    optional: false,
    title: "Your cooling-off period ends",
    body: "Until {ends_on} you may give your loan {number} back without any penalty.",
    sms: Some("Pocket Credit: until {ends_on} you may give back loan {number} without penalty."),
};

/// `{at}` (Indian time).
pub static NEW_DEVICE: Template = Template {
    name: "new_device_sign_in",
    optional: true,
    title: "New sign-in",
    body: "Somebody signed in to your account from a new device on {at}. If it was not you, end that session in the app.",
    sms: Some("Pocket Credit: new sign-in on {at}. Not you? End all sessions in the app."),
};

/// To the address before.
pub static EMAIL_CHANGED: Template = Template {
    name: "email_changed",
    optional: false,
    title: "Your e-mail address has changed",
    body: "From now on our letters go to another address. If you did not change it, end all sessions in the app and call us.",
    sms: Some("Pocket Credit: your e-mail address has changed. Not you? End all sessions in the app."),
};

/// All of them.
pub const ALL: &[&Template] = &[
    &APPLICATION_RECEIVED,
    &APPLICATION_UNDER_REVIEW,
    &APPLICATION_APPROVED,
    &APPLICATION_REJECTED,
    &OFFER_EXPIRED,
    &APPLICATION_CLOSED,
    &LOAN_DISBURSED,
    &DUE_SOON,
    &DUE_TODAY,
    &OVERDUE,
    &PAYMENT_RECEIVED,
    &PAYMENT_FAILED,
    &FORECLOSURE_RECEIPT,
    &NO_DUES,
    &MANDATE_PRE_DEBIT,
    &COOLING_OFF_ENDING,
    &NEW_DEVICE,
    &EMAIL_CHANGED,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::RejectReason;

    /// The longest value that each name stands for.
    fn filled(text: &str) -> String {
        let reason =
            RejectReason::ALL.map(RejectReason::in_plain_words).into_iter().max_by_key(|words| words.len());
        [
            ("{number}", "PC-202601-0000001"),
            ("{amount}", "9999999.99"),
            ("{outstanding}", "9999999.99"),
            ("{valid_until}", "2026-01-12"),
            ("{due_on}", "2026-01-12"),
            ("{debit_on}", "2026-01-12"),
            ("{ends_on}", "2026-01-12"),
            ("{at}", "2026-01-12 10:00"),
            ("{account}", "1234"),
            ("{days}", "9999"),
            ("{reason}", reason.unwrap()),
        ]
        .into_iter()
        .fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    #[test]
    fn every_sms_is_one_part_of_plain_gsm_7_with_nothing_left_to_fill() {
        for template in ALL {
            let sms = filled(template.sms.unwrap());
            assert!(sms.len() <= 160, "{}: {} characters", template.name, sms.len());
            let plain = |c: char| c.is_ascii_alphanumeric() || " .,:;-/_?!'()".contains(c);
            assert!(sms.chars().all(plain), "{}: {sms}", template.name);
            assert!(!filled(template.body).contains('{'), "{}", template.name);
        }
    }

    #[test]
    fn every_template_has_a_name_of_its_own() {
        let mut names: Vec<&str> = ALL.iter().map(|template| template.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
    }
}
