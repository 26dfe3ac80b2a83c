//! The endpoint itself: signatures, refusals of the observer, strange requests, and stopping.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use local_aws::{Call, Cloud, Observer, Options, Refusal, Service, VirtualClock};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{Local, noon};

/// Sends raw HTTP and returns the whole answer.
async fn raw(local: &Local, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(local.address).await.unwrap();
    let length = body.len();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

fn signed_for(service: &str) -> String {
    format!(
        "Authorization: AWS4-HMAC-SHA256 \
         Credential=AKID/20260301/ap-south-1/{service}/aws4_request, Signature=x\r\n"
    )
}

#[tokio::test]
async fn an_unsigned_request_is_told_so_in_the_protocol_of_its_service() {
    let local = Local::start().await;
    let json = raw(&local, "X-Amz-Target: DynamoDB_20120810.ListTables\r\n", "{}").await;
    assert!(json.starts_with("HTTP/1.1 403"), "{json}");
    assert!(json.contains("#MissingAuthenticationTokenException"), "{json}");
    let xml = raw(&local, "", "Action=ListTopics").await;
    assert!(xml.contains("<Code>MissingAuthenticationToken</Code>"), "{xml}");
}

#[tokio::test]
async fn the_target_names_the_service_when_the_scope_does_not() {
    let local = Local::start().await;
    let headers = format!("{}X-Amz-Target: DynamoDB_20120810.ListTables\r\n", signed_for("unheard-of"));
    let answer = raw(&local, &headers, "{}").await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("TableNames"), "{answer}");
    let answer = raw(&local, &signed_for("unheard-of"), "{}").await;
    assert!(answer.contains("UnknownService"), "{answer}");
}

#[tokio::test]
async fn tools_learn_who_they_are() {
    let local = Local::start().await;
    let answer = raw(&local, &signed_for("sts"), "Action=GetCallerIdentity&Version=2011-06-15").await;
    assert!(answer.contains("<Account>000000000000</Account>"), "{answer}");
    assert!(answer.contains("arn:aws:iam::000000000000:user/AKID"), "{answer}");
}

#[tokio::test]
async fn nonsense_is_answered_with_errors_and_does_no_harm() {
    let local = Local::start().await;
    let nonsense = ["", "{", "[]", "null", "{\"TableName\": 5}", "{\"QueueUrl\": {}}", "\u{0}", "Action=%FF"];
    let targets =
        ["DynamoDB_20120810.PutItem", "AmazonSQS.SendMessage", "secretsmanager.GetSecretValue", "x.Nope", ""];
    for service in ["dynamodb", "sqs", "sns", "ses", "secretsmanager", "sts"] {
        for (body, target) in nonsense.iter().flat_map(|body| targets.map(|target| (body, target))) {
            let target =
                if target.is_empty() { String::new() } else { format!("X-Amz-Target: {target}\r\n") };
            let answer = raw(&local, &(signed_for(service) + &target), body).await;
            assert!(answer.starts_with("HTTP/1.1 4"), "{service} {target} {body}: {answer}");
        }
    }
    local.create_table("Still").await;
}

struct Guard;

impl Observer for Guard {
    fn before(&self, call: &Call) -> Option<Refusal> {
        let refusal = |status, code: &str| {
            Some(Refusal { status, code: code.to_owned(), message: format!("no {}", call.operation) })
        };
        match (call.service, call.operation.as_str()) {
            (Service::DynamoDb, _) => refusal(400, "ThrottlingException"),
            (Service::Sqs, "ListQueues") => None,
            _ => refusal(403, "AccessDeniedException"),
        }
    }
}

#[tokio::test]
async fn a_refusal_of_the_observer_arrives_as_the_error_of_the_called_service() {
    let mut options = Options::memory(VirtualClock::fixed(noon()));
    options.observer = Some(Arc::new(Guard));
    let local = Local::with(options).await;
    let throttled = local.db.list_tables().send().await.unwrap_err().into_service_error();
    assert_eq!((throttled.code(), throttled.message()), (Some("ThrottlingException"), Some("no ListTables")));
    local.sqs.list_queues().send().await.unwrap();
    let codes = [
        local
            .sqs
            .create_queue()
            .queue_name("q")
            .send()
            .await
            .unwrap_err()
            .into_service_error()
            .code()
            .map(str::to_owned),
        local.sns.list_topics().send().await.unwrap_err().into_service_error().code().map(str::to_owned),
        local.secrets.list_secrets().send().await.unwrap_err().into_service_error().code().map(str::to_owned),
        local.ses.get_account().send().await.unwrap_err().into_service_error().code().map(str::to_owned),
    ];
    assert_eq!(codes, [(); 4].map(|()| Some("AccessDeniedException".to_owned())));
}

#[tokio::test]
async fn stopping_does_not_wait_for_long_polls() {
    let cloud = Cloud::open(Options::memory(VirtualClock::real())).unwrap();
    let local = Local::of(cloud.clone()).await;
    let url = local.queue("q", &[]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(async move { cloud.serve(listener, async { drop(stopped.await) }).await });
    let mut stream = TcpStream::connect(address).await.unwrap();
    let body = format!("{{\"QueueUrl\":\"{url}\",\"WaitTimeSeconds\":20}}");
    let (scope, length) = (signed_for("sqs"), body.len());
    let request = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AmazonSQS.ReceiveMessage\r\n\
         Content-Length: {length}\r\n{scope}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(10), server).await.unwrap().unwrap().unwrap();
}
