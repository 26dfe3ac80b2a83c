//! Notices that leave by SMS.
use shared::{
    app::App,
    error::Error,
    function::{Consumer, Function, Need, Trigger},
    identity::{IndianMobile, Vault, vault::FIELD_KEY},
    messages::{
        notice::{SMS_QUEUE, SmsNotice},
        sms::{SMS, Sms, Text},
    },
    runtime::Delivery,
};

use crate::{WING, departure};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "platform-on-sms",
    module: module_path!(),
    wing: &WING,
    summary: "Send a notice by SMS",
    trigger: Trigger::Queue(Consumer {
        queue: &SMS_QUEUE,
        batch: 5,
        handle: |app, delivery| Box::pin(handle(app, delivery)),
    }),
    needs: &[Need::Get, Need::Put, Need::Secret(&FIELD_KEY), Need::Port(&SMS)],
    ..Function::WORKER
};

async fn handle(app: &App, delivery: Delivery<'_>) -> Result<(), Error> {
    let SmsNotice { notice, owner, phone, template, text } = delivery.message()?;
    let phone = Vault::of(app)?.open(&owner, "phone", &phone)?;
    let to = international(&phone).ok_or_else(|| Error::internal("the number is not one"))?;
    let text = Text { template, body: text };
    departure::once(app, "sms", notice, Box::pin(app.port::<Sms>()?.send(&to, &text))).await
}

/// The number in E.164 form; ten digits are an Indian mobile number.
fn international(phone: &str) -> Option<String> {
    let e164 = phone.strip_prefix('+').is_some_and(|digits| {
        (8..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0')
    });
    if e164 { Some(phone.to_owned()) } else { IndianMobile::parse(phone).map(|mobile| mobile.e164()) }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use shared::{
        codes,
        messages::sms::{Registration, Sms, Text},
    };
    use stand::Stand;

    use super::{FUNCTION, international};
    use crate::testing::{queue_event, sms_notice};

    const TO: &str = "+919876543210";

    #[tokio::test]
    async fn a_notice_reaches_the_phone_once_however_often_it_is_delivered() {
        let stand = Stand::new().await;
        let notice = sms_notice(&stand.app(&FUNCTION).await, "9876543210");
        for _ in 0..3 {
            stand.deliver(&FUNCTION, &notice).await.unwrap();
            stand.advance(SignedDuration::from_hours(1));
        }
        let sent = stand.sent_to(TO);
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0].body, "Your loan is paid out.");
    }

    #[tokio::test]
    async fn of_many_deliveries_at_once_one_sends_and_the_others_stay_in_the_queue_or_are_done() {
        let stand = Stand::new().await;
        let notice = sms_notice(&stand.app(&FUNCTION).await, "9876543210");
        let delivered = futures::future::join_all((0..10).map(|_| stand.deliver(&FUNCTION, &notice))).await;
        assert!(delivered.iter().any(Result::is_ok));
        assert_eq!(stand.sent_to(TO).len(), 1);
        stand.advance(SignedDuration::from_mins(6));
        stand.deliver(&FUNCTION, &notice).await.unwrap();
        assert_eq!(stand.sent_to(TO).len(), 1);
    }

    #[tokio::test]
    async fn while_sms_is_down_the_notice_stays_and_leaves_when_it_is_back() {
        let stand = Stand::new().await;
        let notice = sms_notice(&stand.app(&FUNCTION).await, "9876543210");
        stand.break_down("sns");
        stand.deliver(&FUNCTION, &notice).await.unwrap_err();
        stand.mend("sns");
        // The claim of the failed try still holds: that sender might be alive.
        stand.deliver(&FUNCTION, &notice).await.unwrap_err();
        assert!(stand.sent_to(TO).is_empty());
        stand.advance(SignedDuration::from_mins(6));
        stand.deliver(&FUNCTION, &notice).await.unwrap();
        assert_eq!(stand.sent_to(TO).len(), 1);
    }

    #[tokio::test]
    async fn a_poisoned_message_fails_alone() {
        let stand = Stand::new().await;
        let app = stand.app(&FUNCTION).await;
        let (good, better) =
            (sms_notice(&app, "9876543210").to_string(), sms_notice(&app, "9876543211").to_string());
        let stolen = {
            let mut notice = sms_notice(&app, "9876543212");
            notice["owner"] = "usr_2".into();
            notice.to_string()
        };
        let event = queue_event(&[&good, "no notice", &stolen, &better]);
        let reply = stand.invoke(&FUNCTION, &event).await.unwrap();
        let failed = serde_json::json!([{ "itemIdentifier": "1" }, { "itemIdentifier": "2" }]);
        assert_eq!(reply["batchItemFailures"], failed);
        assert_eq!(stand.cloud().inbox().len(), 2);
    }

    #[tokio::test]
    async fn the_number_rests_only_sealed() {
        let stand = Stand::new().await;
        let notice = sms_notice(&stand.app(&FUNCTION).await, "9876543210");
        assert!(!notice.to_string().contains("9876543210"));
        stand.deliver(&FUNCTION, &notice).await.unwrap();
        assert!(!stand.everything_stored().await.contains("9876543210"));
    }

    #[tokio::test]
    async fn sns_says_which_refusals_pass_and_which_never_do() {
        let stand = Stand::new().await;
        let app = stand.app(&FUNCTION).await;
        let text = || Text { template: "lending-sign-in".to_owned(), body: "Hello".to_owned() };
        let refused = app.port::<Sms>().unwrap().send("+1", &text()).await.unwrap_err();
        assert_eq!(refused.code(), codes::INTERNAL);
        assert!(refused.cause_chain().unwrap().contains("InvalidParameter"));
        stand.break_down("sns");
        let passing = app.port::<Sms>().unwrap().send(TO, &text()).await.unwrap_err();
        assert_eq!(passing.code(), codes::UNAVAILABLE);
    }

    #[tokio::test]
    async fn an_indian_number_gets_the_registered_template() {
        let dlt = "entity=1101,sender=QUINTT,lending-loan_disbursed=1107";
        let stand = Stand::with(|config| config.sms_dlt = Registration::parse(dlt).unwrap()).await;
        let notice = sms_notice(&stand.app(&FUNCTION).await, "9876543210");
        stand.deliver(&FUNCTION, &notice).await.unwrap();
        let attributes = &stand.sent_to(TO)[0].attributes;
        for (name, value) in [
            ("AWS.MM.SMS.EntityId", "1101"),
            ("AWS.MM.SMS.TemplateId", "1107"),
            ("AWS.SNS.SMS.SenderID", "QUINTT"),
        ] {
            assert_eq!(attributes[name], value);
        }
    }

    #[test]
    fn numbers_of_other_countries_stay_as_they_are() {
        for (phone, e164) in [
            ("9876543210", Some("+919876543210")),
            ("+2348012345678", Some("+2348012345678")),
            ("+91", None),
            ("+0123456789", None),
            ("12345", None),
            ("", None),
        ] {
            assert_eq!(international(phone).as_deref(), e164, "{phone}");
        }
    }
}
