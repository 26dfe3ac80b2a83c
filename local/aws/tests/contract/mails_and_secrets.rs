//! SES v2 and Secrets Manager.

use aws_sdk_secretsmanager::types::{Filter, FilterNameStringType};
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageTag, RawMessage};
use local_aws::{Channel, Options, VirtualClock};

use crate::support::{Local, noon};

fn content(text: &str) -> Content {
    Content::builder().data(text).build().unwrap()
}

#[tokio::test]
async fn a_mail_lands_in_the_inbox() {
    let local = Local::start().await;
    let body = Body::builder().text(content("Hello")).html(content("<p>Hello</p>")).build();
    let message = Message::builder().subject(content("Welcome")).body(body).build();
    let destination = Destination::builder().to_addresses("a@x.test").to_addresses("b@x.test");
    let tag = MessageTag::builder().name("kind").value("welcome").build().unwrap();
    let sent = local.ses.send_email().from_email_address("Bank <no-reply@bank.test>");
    let sent = sent.destination(destination.cc_addresses("c@x.test").build()).email_tags(tag);
    let sent = sent.content(EmailContent::builder().simple(message).build()).send().await.unwrap();
    let mail = &local.cloud.inbox()[0];
    assert_eq!((mail.channel, mail.to.as_str()), (Channel::Email, "a@x.test, b@x.test"));
    assert_eq!((mail.subject.as_deref(), mail.body.as_str()), (Some("Welcome"), "Hello"));
    let expected = [
        ("From", "Bank <no-reply@bank.test>"),
        ("Cc", "c@x.test"),
        ("Html", "<p>Hello</p>"),
        ("tag:kind", "welcome"),
        ("MessageId", sent.message_id().unwrap()),
    ];
    for (name, value) in expected {
        assert_eq!(mail.attributes[name], value);
    }
}

#[tokio::test]
async fn a_raw_mail_is_read_for_its_headers_and_a_mail_to_nobody_is_refused() {
    let local = Local::start().await;
    let mime = "From: a@bank.test\r\nTo: b@x.test\r\nSubject: Raw\r\n\r\nSubject: not this\r\n";
    let raw = RawMessage::builder().data(Blob::new(mime)).build().unwrap();
    local.ses.send_email().content(EmailContent::builder().raw(raw).build()).send().await.unwrap();
    let mail = &local.cloud.inbox()[0];
    assert_eq!((mail.to.as_str(), mail.subject.as_deref()), ("b@x.test", Some("Raw")));
    assert_eq!((mail.attributes["From"].as_str(), mail.body.as_str()), ("a@bank.test", mime));

    let body = Body::builder().text(content("x")).build();
    let message = Message::builder().subject(content("x")).body(body).build();
    let refused = local.ses.send_email().from_email_address("a@bank.test");
    let refused = refused.content(EmailContent::builder().simple(message).build()).send().await;
    assert!(refused.unwrap_err().into_service_error().is_bad_request_exception());
}

#[tokio::test]
async fn secrets_are_read_by_name_and_arn_and_keep_their_previous_version() {
    let mut options = Options::memory(VirtualClock::fixed(noon()));
    options.secrets.insert("app/jwt".into(), "one".into());
    let local = Local::with(options).await;
    let get = || local.secrets.get_secret_value();
    let first = get().secret_id("app/jwt").send().await.unwrap();
    assert_eq!(
        (first.secret_string(), first.version_stages()),
        (Some("one"), &["AWSCURRENT".to_owned()][..])
    );
    let arn = first.arn().unwrap();
    assert!(arn.starts_with("arn:aws:secretsmanager:ap-south-1:000000000000:secret:app/jwt-"), "{arn}");
    assert!(get().secret_id("app/jwt").version_stage("AWSPREVIOUS").send().await.is_err());

    local.cloud.set_secret("app/jwt", "two");
    assert_eq!(get().secret_id(arn).send().await.unwrap().secret_string(), Some("two"));
    local.secrets.put_secret_value().secret_id("app/jwt").secret_string("three").send().await.unwrap();
    let previous = get().secret_id("app/jwt").version_stage("AWSPREVIOUS").send().await.unwrap();
    assert_eq!(previous.secret_string(), Some("two"));
    let missing = get().secret_id("nope").send().await.unwrap_err().into_service_error();
    assert!(missing.is_resource_not_found_exception());
}

#[tokio::test]
async fn secrets_are_created_described_listed_and_read_in_batches() {
    let local = Local::start().await;
    let create = || local.secrets.create_secret().name("app/new").secret_string("x").description("d");
    create().send().await.unwrap();
    assert!(create().send().await.unwrap_err().into_service_error().is_resource_exists_exception());
    let described = local.secrets.describe_secret().secret_id("app/new").send().await.unwrap();
    assert_eq!((described.description(), described.version_ids_to_stages().unwrap().len()), (Some("d"), 1));
    assert_eq!(local.secrets.list_secrets().send().await.unwrap().secret_list()[0].name(), Some("app/new"));
    let batch = local.secrets.batch_get_secret_value().secret_id_list("app/new").secret_id_list("nope");
    let batch = batch.send().await.unwrap();
    assert_eq!((batch.secret_values().len(), batch.errors().len()), (1, 1));
    let filter = Filter::builder().key(FilterNameStringType::Name).values("app/").build();
    let batch = local.secrets.batch_get_secret_value().filters(filter).send().await.unwrap();
    assert_eq!(batch.secret_values()[0].secret_string(), Some("x"));
}
