//! A cloud with clients of every service, and the shorthands the tests share.

use std::collections::HashMap;
use std::net::SocketAddr;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::client::Waiters as _;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
    Projection, ProjectionType, ScalarAttributeType, StreamSpecification, StreamViewType,
};
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use jiff::{SignedDuration, Timestamp};
use local_aws::{Cloud, Options, VirtualClock};

/// The table of most tests.
pub(crate) const T: &str = "Main";

/// An item in the SDK's terms.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// A running cloud and its clients.
pub(crate) struct Local {
    pub cloud: Cloud,
    pub address: SocketAddr,
    pub db: aws_sdk_dynamodb::Client,
    pub streams: aws_sdk_dynamodbstreams::Client,
    pub sqs: aws_sdk_sqs::Client,
    pub sns: aws_sdk_sns::Client,
    pub ses: aws_sdk_sesv2::Client,
    pub secrets: aws_sdk_secretsmanager::Client,
}

macro_rules! client {
    ($sdk:ident, $address:expr) => {
        $sdk::Client::from_conf(
            $sdk::Config::builder()
                .endpoint_url(format!("http://{}", $address))
                .region($sdk::config::Region::new("ap-south-1"))
                .credentials_provider(Credentials::new("AKIDLOCAL", "secret", None, None, "tests"))
                .retry_config($sdk::config::retry::RetryConfig::standard().with_max_attempts(1))
                .http_client(aws_smithy_http_client::Builder::new().build_http())
                .build(),
        )
    };
}

impl Local {
    /// A cloud in memory whose clock stands still at [`noon`].
    pub async fn start() -> Self {
        Self::with(Options::memory(VirtualClock::fixed(noon()))).await
    }

    /// As [`Local::start`], with the table [`T`].
    pub async fn with_table() -> Self {
        let local = Self::start().await;
        local.create_table(T).await;
        local
    }

    pub async fn with(options: Options) -> Self {
        Self::of(Cloud::open(options).unwrap()).await
    }

    pub async fn of(cloud: Cloud) -> Self {
        let address = cloud.start().await.unwrap();
        Self::at(cloud, address)
    }

    /// Clients for a cloud that is served at this address.
    pub fn at(cloud: Cloud, address: SocketAddr) -> Self {
        Self {
            address,
            db: client!(aws_sdk_dynamodb, address),
            streams: client!(aws_sdk_dynamodbstreams, address),
            sqs: client!(aws_sdk_sqs, address),
            sns: client!(aws_sdk_sns, address),
            ses: client!(aws_sdk_sesv2, address),
            secrets: client!(aws_sdk_secretsmanager, address),
            cloud,
        }
    }

    pub fn advance(&self, seconds: i64) {
        self.cloud.clock().advance(SignedDuration::from_secs(seconds));
    }

    /// A table with `pk` and `sk`, a stream of both images, and three indexes: `GSI1` (g1pk, g1sk; all),
    /// `GSI2` (g2pk; keys only), `GSI3` (g3pk, number g3n; with `status`).
    pub async fn create_table(&self, name: &str) {
        let texts =
            ["pk", "sk", "g1pk", "g1sk", "g2pk", "g3pk"].map(|name| attribute(name, ScalarAttributeType::S));
        let stream = StreamSpecification::builder()
            .stream_enabled(true)
            .stream_view_type(StreamViewType::NewAndOldImages)
            .build();
        let some_fields =
            Projection::builder().projection_type(ProjectionType::Include).non_key_attributes("status");
        self.db
            .create_table()
            .table_name(name)
            .key_schema(key("pk", KeyType::Hash))
            .key_schema(key("sk", KeyType::Range))
            .set_attribute_definitions(Some(texts.to_vec()))
            .attribute_definitions(attribute("g3n", ScalarAttributeType::N))
            .billing_mode(BillingMode::PayPerRequest)
            .stream_specification(stream.unwrap())
            .global_secondary_indexes(index("GSI1", "g1pk", Some("g1sk"), projection(ProjectionType::All)))
            .global_secondary_indexes(index("GSI2", "g2pk", None, projection(ProjectionType::KeysOnly)))
            .global_secondary_indexes(index("GSI3", "g3pk", Some("g3n"), some_fields.build()))
            .send()
            .await
            .unwrap();
        let patience = std::time::Duration::from_secs(10);
        self.db.wait_until_table_exists().table_name(name).wait(patience).await.unwrap();
    }

    pub async fn put(&self, item: Item) {
        self.db.put_item().table_name(T).set_item(Some(item)).send().await.unwrap();
    }

    pub async fn get(&self, pk: &str, sk: &str) -> Option<Item> {
        let request =
            self.db.get_item().table_name(T).key("pk", s(pk)).key("sk", s(sk)).consistent_read(true);
        request.send().await.unwrap().item
    }

    /// Creates a queue; returns its URL.
    pub async fn queue(&self, name: &str, attributes: &[(QueueAttributeName, &str)]) -> String {
        let mut request = self.sqs.create_queue().queue_name(name);
        for (name, value) in attributes {
            request = request.attributes(name.clone(), *value);
        }
        request.send().await.unwrap().queue_url.unwrap()
    }

    /// Creates a queue whose messages go to `dead_letters` after `count` receives; `count` is JSON.
    pub async fn queue_with_dead_letters(&self, name: &str, dead_letters: &str, count: &str) -> String {
        let target = queue_arn(dead_letters);
        let policy = format!(r#"{{"deadLetterTargetArn":"{target}","maxReceiveCount":{count}}}"#);
        self.queue(name, &[(QueueAttributeName::RedrivePolicy, &policy)]).await
    }

    /// Receives up to ten messages with all attributes, without waiting.
    pub async fn receive(&self, url: &str) -> Vec<Message> {
        self.receive_for(url, None).await
    }

    pub async fn receive_for(&self, url: &str, visibility: Option<i32>) -> Vec<Message> {
        let request = self.sqs.receive_message().queue_url(url).max_number_of_messages(10);
        let request = request.message_system_attribute_names(MessageSystemAttributeName::All);
        let request = request.message_attribute_names("All").set_visibility_timeout(visibility);
        request.send().await.unwrap().messages.unwrap_or_default()
    }

    pub async fn send(&self, url: &str, body: &str) {
        self.sqs.send_message().queue_url(url).message_body(body).send().await.unwrap();
    }
}

/// When the clock of a test cloud stands still.
pub(crate) fn noon() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

pub(crate) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

#[expect(clippy::needless_pass_by_value, reason = "numbers are written as literals")]
pub(crate) fn n(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// The key of an item, to be extended.
pub(crate) fn item(pk: &str, sk: &str) -> Item {
    HashMap::from([("pk".to_owned(), s(pk)), ("sk".to_owned(), s(sk))])
}

/// An item with one more attribute.
pub(crate) fn item_with(pk: &str, sk: &str, name: &str, value: AttributeValue) -> Item {
    let mut item = item(pk, sk);
    item.insert(name.to_owned(), value);
    item
}

pub(crate) fn attribute(name: &str, kind: ScalarAttributeType) -> AttributeDefinition {
    AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().unwrap()
}

pub(crate) fn key(name: &str, kind: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap()
}

pub(crate) fn projection(kind: ProjectionType) -> Projection {
    Projection::builder().projection_type(kind).build()
}

pub(crate) fn index(name: &str, pk: &str, sk: Option<&str>, projection: Projection) -> GlobalSecondaryIndex {
    let mut index = GlobalSecondaryIndex::builder().index_name(name).key_schema(key(pk, KeyType::Hash));
    if let Some(sk) = sk {
        index = index.key_schema(key(sk, KeyType::Range));
    }
    index.projection(projection).build().unwrap()
}

/// The bodies, in order.
pub(crate) fn bodies(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.body().unwrap()).collect()
}

pub(crate) fn receipt(message: &Message) -> &str {
    message.receipt_handle().unwrap()
}

/// A system attribute of a message.
#[expect(clippy::needless_pass_by_value, reason = "names are written as literals")]
pub(crate) fn system(message: &Message, name: MessageSystemAttributeName) -> &str {
    message.attributes().and_then(|attributes| attributes.get(&name)).unwrap()
}

pub(crate) fn queue_arn(name: &str) -> String {
    format!("arn:aws:sqs:ap-south-1:000000000000:{name}")
}
