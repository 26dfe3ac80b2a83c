//! SNS: fan-out to queues, SMS, push, batches and errors.

use aws_sdk_sns::types::{MessageAttributeValue, PublishBatchRequestEntry};
use aws_sdk_sqs::types::QueueAttributeName;
use local_aws::Channel;

use crate::support::{Local, bodies, noon, queue_arn};

fn attribute(data_type: &str, value: &str) -> MessageAttributeValue {
    MessageAttributeValue::builder().data_type(data_type).string_value(value).build().unwrap()
}

async fn topic(local: &Local, name: &str) -> String {
    local.sns.create_topic().name(name).send().await.unwrap().topic_arn.unwrap()
}

/// Subscribes a queue; returns its URL.
async fn subscribe(local: &Local, topic: &str, queue: &str, attributes: &[(&str, &str)]) -> String {
    let url = local.queue(queue, &[]).await;
    let mut request = local.sns.subscribe().topic_arn(topic).protocol("sqs").endpoint(queue_arn(queue));
    for (name, value) in attributes {
        request = request.attributes(*name, *value);
    }
    request.send().await.unwrap();
    url
}

#[tokio::test]
async fn what_is_published_reaches_the_queues_whose_filter_it_passes() {
    let local = Local::start().await;
    let topic = topic(&local, "events").await;
    let all = subscribe(&local, &topic, "all", &[]).await;
    let policy = r#"{"kind":["order"],"amount":[{"numeric":[">=",100]}]}"#;
    let by_attribute = [("FilterPolicy", policy), ("RawMessageDelivery", "true")];
    let by_attribute = subscribe(&local, &topic, "by-attribute", &by_attribute).await;
    let by_body = [("FilterPolicy", r#"{"type":[{"prefix":"pay"}]}"#), ("FilterPolicyScope", "MessageBody")];
    let by_body = subscribe(&local, &topic, "by-body", &by_body).await;

    for (text, amount) in [(r#"{"type":"payment.ok"}"#, "150"), (r#"{"type":"other"}"#, "50")] {
        let publish = local.sns.publish().topic_arn(&topic).message(text).subject("s");
        let publish = publish.message_attributes("kind", attribute("String", "order"));
        publish.message_attributes("amount", attribute("Number", amount)).send().await.unwrap();
    }
    let got = local.receive(&all).await;
    assert_eq!(got.len(), 2);
    let envelope: serde_json::Value = serde_json::from_str(got[0].body().unwrap()).unwrap();
    assert_eq!((&envelope["Type"], &envelope["TopicArn"]), (&"Notification".into(), &topic.as_str().into()));
    assert_eq!(
        (&envelope["Message"], &envelope["Subject"]),
        (&r#"{"type":"payment.ok"}"#.into(), &"s".into())
    );
    assert_eq!(envelope["MessageAttributes"]["amount"]["Value"], "150");
    assert_eq!(envelope["Timestamp"], noon().to_string());
    let got = local.receive(&by_attribute).await;
    assert_eq!(bodies(&got), [r#"{"type":"payment.ok"}"#]);
    assert_eq!(got[0].message_attributes().unwrap()["kind"].string_value(), Some("order"));
    assert_eq!(local.receive(&by_body).await.len(), 1);
}

#[tokio::test]
async fn subscriptions_are_listed_changed_and_ended() {
    let local = Local::start().await;
    let topic = topic(&local, "events").await;
    let url = subscribe(&local, &topic, "q", &[]).await;
    let listed = local.sns.list_subscriptions_by_topic().topic_arn(&topic).send().await.unwrap();
    let arn = listed.subscriptions()[0].subscription_arn().unwrap().to_owned();
    let set =
        local.sns.set_subscription_attributes().subscription_arn(&arn).attribute_name("RawMessageDelivery");
    set.attribute_value("true").send().await.unwrap();
    local.sns.publish().topic_arn(&topic).message("plain").send().await.unwrap();
    assert_eq!(bodies(&local.receive(&url).await), ["plain"]);
    local.sns.unsubscribe().subscription_arn(&arn).send().await.unwrap();
    local.sns.publish().topic_arn(&topic).message("nobody").send().await.unwrap();
    assert!(local.receive(&url).await.is_empty());
    assert_eq!(local.sns.list_topics().send().await.unwrap().topics().len(), 1);
    let told = local.sns.get_topic_attributes().topic_arn(&topic).send().await.unwrap();
    assert_eq!(told.attributes().unwrap()["TopicArn"], topic);
    local.sns.delete_topic().topic_arn(&topic).send().await.unwrap();
    assert!(local.sns.list_topics().send().await.unwrap().topics().is_empty());
}

#[tokio::test]
async fn an_sms_lands_in_the_inbox_with_its_attributes() {
    let local = Local::start().await;
    let publish = local.sns.publish().phone_number("+97455512345").message("Your code is 123456 & <more>");
    let publish = publish.message_attributes("AWS.SNS.SMS.SMSType", attribute("String", "Transactional"));
    let id = publish.send().await.unwrap().message_id.unwrap();
    let inbox = local.cloud.inbox();
    assert_eq!((inbox.len(), inbox[0].channel, inbox[0].to.as_str()), (1, Channel::Sms, "+97455512345"));
    assert_eq!((inbox[0].body.as_str(), inbox[0].at), ("Your code is 123456 & <more>", noon()));
    assert_eq!(inbox[0].attributes["AWS.SNS.SMS.SMSType"], "Transactional");
    assert_eq!(inbox[0].attributes["MessageId"], id);
    assert!(local.sns.publish().phone_number("nobody").message("x").send().await.is_err());
    let set = local.sns.set_sms_attributes().attributes("DefaultSMSType", "Transactional");
    set.send().await.unwrap();
    let told = local.sns.get_sms_attributes().send().await.unwrap();
    assert_eq!(told.attributes().unwrap()["DefaultSMSType"], "Transactional");
    let opted =
        local.sns.check_if_phone_number_is_opted_out().phone_number("+97455512345").send().await.unwrap();
    assert!(!opted.is_opted_out());
}

#[tokio::test]
async fn a_push_lands_in_the_inbox_until_its_endpoint_is_disabled() {
    let local = Local::start().await;
    let application = local.sns.create_platform_application().name("app").platform("GCM");
    let application = application.attributes("PlatformCredential", "key").send().await.unwrap();
    let application = application.platform_application_arn().unwrap().to_owned();
    let create = |user: &str| {
        let create = local.sns.create_platform_endpoint().platform_application_arn(&application);
        create.token("tok-1").custom_user_data(user).send()
    };
    let endpoint = create("u1").await.unwrap().endpoint_arn.unwrap();
    assert_eq!(create("u1").await.unwrap().endpoint_arn.unwrap(), endpoint);
    let other = create("u2").await.unwrap_err().into_service_error();
    assert!(other.is_invalid_parameter_exception());

    let push = local.sns.publish().target_arn(&endpoint).message_structure("json");
    push.message(r#"{"default":"hi","GCM":"{\"title\":\"t\"}"}"#).send().await.unwrap();
    let inbox = local.cloud.inbox();
    assert_eq!((inbox[0].channel, inbox[0].to.as_str()), (Channel::Push, "tok-1"));
    assert_eq!(inbox[0].body, r#"{"title":"t"}"#);
    assert_eq!(
        (inbox[0].attributes["EndpointArn"].as_str(), inbox[0].attributes["Platform"].as_str()),
        (endpoint.as_str(), "GCM")
    );

    let disable = local.sns.set_endpoint_attributes().endpoint_arn(&endpoint).attributes("Enabled", "false");
    disable.send().await.unwrap();
    let refused = local.sns.publish().target_arn(&endpoint).message("x").send().await;
    assert!(refused.unwrap_err().into_service_error().is_endpoint_disabled_exception());
    local.sns.delete_endpoint().endpoint_arn(&endpoint).send().await.unwrap();
    let gone = local.sns.get_endpoint_attributes().endpoint_arn(&endpoint).send().await;
    assert!(gone.unwrap_err().into_service_error().is_not_found_exception());
}

#[tokio::test]
async fn batches_have_up_to_ten_entries_and_missing_topics_are_typed_errors() {
    let local = Local::start().await;
    let topic = topic(&local, "b").await;
    let publish = |topic: String, count: i32| {
        let entry =
            |i: i32| PublishBatchRequestEntry::builder().id(i.to_string()).message("m").build().unwrap();
        let request = local.sns.publish_batch().topic_arn(topic);
        request.set_publish_batch_request_entries(Some((0..count).map(entry).collect())).send()
    };
    assert_eq!(publish(topic.clone(), 10).await.unwrap().successful().len(), 10);
    let eleven = publish(topic.clone(), 11).await.unwrap_err().into_service_error();
    assert!(eleven.is_too_many_entries_in_batch_request_exception());
    let missing = local.sns.publish().topic_arn(format!("{topic}nope")).message("x").send().await;
    assert!(missing.unwrap_err().into_service_error().is_not_found_exception());
    for (protocol, endpoint) in
        [("lambda", "arn:aws:lambda:ap-south-1:000000000000:function:f"), ("http", "http://127.0.0.1:9/x")]
    {
        local.sns.subscribe().topic_arn(&topic).protocol(protocol).endpoint(endpoint).send().await.unwrap();
    }
}

#[tokio::test]
async fn a_fifo_topic_keeps_the_group_for_its_fifo_queues() {
    let local = Local::start().await;
    let create = local.sns.create_topic().name("t.fifo").attributes("FifoTopic", "true");
    let create = create.attributes("ContentBasedDeduplication", "true");
    let topic = create.send().await.unwrap().topic_arn.unwrap();
    let url = local.queue("q.fifo", &[(QueueAttributeName::FifoQueue, "true")]).await;
    let subscribe = local.sns.subscribe().topic_arn(&topic).protocol("sqs").endpoint(queue_arn("q.fifo"));
    subscribe.attributes("RawMessageDelivery", "true").send().await.unwrap();
    assert!(local.sns.publish().topic_arn(&topic).message("x").send().await.is_err());
    for _ in 0..2 {
        local.sns.publish().topic_arn(&topic).message("x").message_group_id("g").send().await.unwrap();
    }
    assert_eq!(bodies(&local.receive(&url).await), ["x"]);
}
