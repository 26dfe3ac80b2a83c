//! Notices that leave by e-mail.
use shared::{
    app::App,
    error::Error,
    function::{Consumer, Function, Need, Trigger},
    identity::{Vault, vault::FIELD_KEY},
    messages::{
        mail::{Letter, MAIL, Mail, RESEND_KEY},
        notice::{EMAIL_QUEUE, EmailNotice},
    },
    runtime::Delivery,
};

use crate::{WING, departure};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "platform-on-email",
    module: module_path!(),
    wing: &WING,
    summary: "Send a notice by e-mail",
    trigger: Trigger::Queue(Consumer {
        queue: &EMAIL_QUEUE,
        batch: 5,
        handle: |app, delivery| Box::pin(handle(app, delivery)),
    }),
    needs: &[Need::Get, Need::Put, Need::Secret(&FIELD_KEY), Need::Secret(&RESEND_KEY), Need::Port(&MAIL)],
    ..Function::WORKER
};

async fn handle(app: &App, delivery: Delivery<'_>) -> Result<(), Error> {
    let EmailNotice { notice, to, subject, mut text, secret } = delivery.message()?;
    let key = notice.to_string();
    if let Some(secret) = secret {
        text = text.replace("{secret}", &Vault::of(app)?.open(&key, "letter", &secret)?);
    }
    let letter = Letter { key: &key, to: &to, subject: &subject, text: &text };
    departure::once(app, "email", notice, Box::pin(app.port::<Mail>()?.send(app, &letter))).await
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use axum::{Json, Router, extract::State, http::HeaderMap, http::StatusCode, routing::post};
    use jiff::SignedDuration;
    use serde_json::{Value, json};
    use shared::{config::MailCarrier, identity::Vault};
    use stand::Stand;

    use super::FUNCTION;
    use crate::testing::{email_notice, queue_event};

    const TO: &str = "asha@example.in";

    #[tokio::test]
    async fn a_notice_reaches_the_mailbox_once_however_often_it_is_delivered() {
        let stand = Stand::new().await;
        let notice = json!(email_notice(&stand.app(&FUNCTION).await, TO));
        for _ in 0..3 {
            stand.deliver(&FUNCTION, &notice).await.unwrap();
            stand.advance(SignedDuration::from_hours(1));
        }
        let sent = stand.sent_to(TO);
        assert_eq!(sent.len(), 1);
        assert_eq!((sent[0].subject.as_deref(), &*sent[0].body), (Some("Your loan"), "It is paid out."));
        assert_eq!(sent[0].attributes["From"], "house@quintet.example");
    }

    #[tokio::test]
    async fn a_secret_waits_sealed_and_shows_only_in_the_letter() {
        let stand = Stand::new().await;
        let app = stand.app(&FUNCTION).await;
        let mut notice = email_notice(&app, TO);
        notice.text = "Your code: {secret}.".to_owned();
        notice.secret =
            Some(Vault::of(&app).unwrap().seal(&notice.notice.to_string(), "letter", "open-sesame").unwrap());
        let message = json!(notice);
        assert!(!message.to_string().contains("sesame"));
        stand.deliver(&FUNCTION, &message).await.unwrap();
        assert_eq!(stand.sent_to(TO)[0].body, "Your code: open-sesame.");
    }

    #[tokio::test]
    async fn while_the_carrier_is_down_the_notice_stays() {
        let stand = Stand::new().await;
        let notice = json!(email_notice(&stand.app(&FUNCTION).await, TO));
        stand.break_down("ses");
        stand.deliver(&FUNCTION, &notice).await.unwrap_err();
        stand.mend("ses");
        stand.advance(SignedDuration::from_mins(6));
        stand.deliver(&FUNCTION, &notice).await.unwrap();
        assert_eq!(stand.sent_to(TO).len(), 1);
    }

    #[tokio::test]
    async fn a_poisoned_message_fails_alone() {
        let stand = Stand::new().await;
        let good = json!(email_notice(&stand.app(&FUNCTION).await, TO)).to_string();
        let reply = stand.invoke(&FUNCTION, &queue_event(&["{}", &good])).await.unwrap();
        assert_eq!(reply["batchItemFailures"], json!([{ "itemIdentifier": "0" }]));
        assert_eq!(stand.sent_to(TO).len(), 1);
    }

    /// A Resend of our own: what it was asked, and what it answers next (the last answer for ever).
    #[derive(Clone, Default)]
    struct Resend {
        asked: Arc<Mutex<Vec<(HeaderMap, Value)>>>,
        answers: Arc<Mutex<Vec<(u16, Value)>>>,
    }

    impl Resend {
        /// A stand whose mail it carries.
        async fn carries(&self) -> Stand {
            async fn emails(
                State(resend): State<Resend>,
                headers: HeaderMap,
                Json(body): Json<Value>,
            ) -> (StatusCode, Json<Value>) {
                resend.asked.lock().unwrap().push((headers, body));
                let mut answers = resend.answers.lock().unwrap();
                let (status, answer) = if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() };
                (StatusCode::from_u16(status).unwrap(), Json(answer))
            }
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}", listener.local_addr().unwrap());
            let router = Router::new().route("/emails", post(emails)).with_state(self.clone());
            tokio::spawn(async move { axum::serve(listener, router).await });
            Stand::with(|config| config.mail_carrier = MailCarrier::Resend { url }).await
        }

        fn answering(answers: &[(u16, Value)]) -> Self {
            Self { answers: Arc::new(Mutex::new(answers.to_vec())), ..Self::default() }
        }

        fn asked(&self) -> Vec<(HeaderMap, Value)> {
            self.asked.lock().unwrap().clone()
        }
    }

    #[tokio::test]
    async fn resend_gets_the_letter_with_our_key_our_name_and_the_key_of_the_notice() {
        let resend = Resend::answering(&[(200, json!({ "id": "49a3999c-0ce1-4ea6-ab68-afcd6dc2e794" }))]);
        let stand = resend.carries().await;
        let notice = json!(email_notice(&stand.app(&FUNCTION).await, TO));
        for _ in 0..2 {
            stand.deliver(&FUNCTION, &notice).await.unwrap();
        }
        let asked = resend.asked();
        assert_eq!(asked.len(), 1);
        let (headers, body) = &asked[0];
        let header = |name: &str| headers[name].to_str().unwrap().to_owned();
        assert!(header("authorization").starts_with("Bearer ") && header("authorization").len() > 20);
        assert!(header("user-agent").starts_with("quintet/"));
        assert_eq!(header("idempotency-key"), notice["notice"].as_str().unwrap());
        assert_eq!(
            *body,
            json!({ "from": "house@quintet.example", "to": [TO], "subject": "Your loan", "text": "It is paid out." })
        );
        assert!(stand.cloud().inbox().is_empty());
    }

    #[tokio::test]
    async fn a_letter_that_resend_could_not_take_is_offered_again_word_for_word_under_the_same_key() {
        for refusal in [
            (
                429,
                json!({ "statusCode": 429, "name": "rate_limit_exceeded", "message": "Too many requests." }),
            ),
            (500, json!({ "name": "application_error" })),
            (409, json!({ "name": "concurrent_idempotent_requests" })),
        ] {
            let resend = Resend::answering(&[refusal, (200, json!({ "id": "1" }))]);
            let stand = resend.carries().await;
            let notice = json!(email_notice(&stand.app(&FUNCTION).await, TO));
            stand.deliver(&FUNCTION, &notice).await.unwrap_err();
            stand.advance(SignedDuration::from_mins(6));
            stand.deliver(&FUNCTION, &notice).await.unwrap();
            let asked = resend.asked();
            assert_eq!(asked.len(), 2);
            assert_eq!(asked[0].0["idempotency-key"], asked[1].0["idempotency-key"]);
            assert_eq!(asked[0].1, asked[1].1);
        }
    }

    #[tokio::test]
    async fn resend_says_which_refusals_pass_and_which_never_do() {
        for (status, name, code) in [
            (429, "rate_limit_exceeded", "UNAVAILABLE"),
            (503, "service_unavailable", "UNAVAILABLE"),
            (409, "concurrent_idempotent_requests", "UNAVAILABLE"),
            (409, "invalid_idempotent_request", "INTERNAL"),
            (422, "validation_error", "INTERNAL"),
            (403, "invalid_api_key", "INTERNAL"),
        ] {
            let answer = json!({ "statusCode": status, "name": name, "message": format!("not {TO}") });
            let resend = Resend::answering(&[(status, answer)]);
            let stand = resend.carries().await;
            let app = stand.app(&FUNCTION).await;
            let letter = shared::messages::mail::Letter { key: "ntc_1", to: TO, subject: "s", text: "t" };
            let mail = app.port::<shared::messages::mail::Mail>().unwrap();
            let error = mail.send(&app, &letter).await.unwrap_err();
            assert_eq!(error.code().name, code, "{status} {name}");
            let cause = error.cause_chain().unwrap();
            assert!(cause.contains(name) && !cause.contains("asha"), "{cause}");
        }
    }
}
