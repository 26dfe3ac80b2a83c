//! One function in the template: what calls it and what it may do.
use serde_json::json;
use shared::function::{Consumer, Function, Reader, Route, Schedule, Trigger};

use super::{
    super::{
        DeriveError,
        names::{logical_id, path_parameters},
        policy::{self, Statement},
        yaml::{Map, Yaml, attribute, reference, sub},
    },
    queue_id,
};

pub(super) fn resources(function: &Function) -> Result<Map, DeriveError> {
    let id = logical_id(function);
    let usual = Function::ENDPOINT;
    let mut properties = Map::new()
        .set("FunctionName", sub(format!("quintet-${{Stage}}-{}", function.name)))
        .set("Description", function.summary)
        .set("CodeUri", format!("../../target/lambda/{}/", function.name))
        .set_some("MemorySize", (function.memory_mb != usual.memory_mb).then_some(function.memory_mb))
        .set_some("Timeout", (function.timeout_s != usual.timeout_s).then_some(function.timeout_s));
    let mut role = None;
    properties = match &function.trigger {
        Trigger::None => {
            let fault = "declares no trigger".to_owned();
            return Err(DeriveError::Declaration { function: function.name, fault });
        }
        Trigger::Http(route) => {
            with_policies(properties, function).set("Events", event("Request", request(route)))
        }
        Trigger::Schedule(schedule) => with_policies(properties, function)
            .set("EventInvokeConfig", failed_runs())
            .set("Events", event("Clock", clock(function, schedule))),
        Trigger::Queue(consumer) => {
            role = Some(own_role(function, poll_queue(consumer)));
            let role = attribute(format!("{id}Role.Arn"));
            properties.set("Role", role).set("Events", event("Messages", messages(consumer)))
        }
        Trigger::Stream(reader) => {
            role = Some(own_role(function, poll_stream()));
            let role = attribute(format!("{id}Role.Arn"));
            properties.set("Role", role).set("Events", event("NewItems", new_items(reader)))
        }
    };
    let resource = Map::new().set("Type", "AWS::Serverless::Function").set("Properties", properties);
    Ok(Map::new().set(id.clone(), resource).set_some(format!("{id}Role"), role))
}

/// SAM makes the role: logs, traces, and these statements.
fn with_policies(properties: Map, function: &Function) -> Map {
    let statements = policy::of(function);
    if statements.is_empty() {
        properties
    } else {
        properties.set("Policies", vec![policy::document(&statements)])
    }
}

fn event(name: &str, (kind, properties): (&str, Map)) -> Map {
    Map::new().set(name, Map::new().set("Type", kind).set("Properties", properties))
}

fn request(route: &Route) -> (&'static str, Map) {
    let properties = Map::new()
        .set("ApiId", reference("Api"))
        .set("Method", route.method.name())
        .set("Path", gateway_path(route.path))
        .set("PayloadFormatVersion", "2.0");
    ("HttpApi", properties)
}

/// axum's `{*rest}` is API Gateway's `{rest+}`.
fn gateway_path(path: &str) -> String {
    path_parameters(path)
        .iter()
        .fold(path.to_owned(), |path, name| path.replace(&format!("{{*{name}}}"), &format!("{{{name}+}}")))
}

fn messages(consumer: &Consumer) -> (&'static str, Map) {
    let properties = Map::new()
        .set("Queue", attribute(format!("{}.Arn", queue_id(consumer.queue.name))))
        .set("BatchSize", u32::from(consumer.batch))
        // Above ten, Lambda asks for a window in which the batch may fill.
        .set_some("MaximumBatchingWindowInSeconds", (consumer.batch > 10).then_some(1))
        .set("FunctionResponseTypes", vec!["ReportBatchItemFailures"]);
    ("SQS", properties)
}

fn new_items(reader: &Reader) -> (&'static str, Map) {
    let pattern = json!({
        "eventName": ["INSERT"],
        "dynamodb": { "NewImage": { "entity": { "S": reader.entities } } },
    });
    let failures = Map::new().set("Type", "SQS").set("Destination", attribute("Failures.Arn"));
    let properties = Map::new()
        .set("Stream", reference("StreamArn"))
        .set("StartingPosition", "TRIM_HORIZON")
        .set("BatchSize", u32::from(reader.batch))
        .set(
            "FilterCriteria",
            Map::new().set("Filters", vec![Map::new().set("Pattern", pattern.to_string())]),
        )
        .set("FunctionResponseTypes", vec!["ReportBatchItemFailures"])
        .set("BisectBatchOnFunctionError", true)
        .note("A record that fails so often leaves the stream, so that those behind it get through.")
        .set("MaximumRetryAttempts", 10)
        .set("DestinationConfig", Map::new().set("OnFailure", failures));
    ("DynamoDB", properties)
}

fn clock(function: &Function, schedule: &Schedule) -> (&'static str, Map) {
    let retries = Map::new().set("MaximumRetryAttempts", 10).set("MaximumEventAgeInSeconds", 3600);
    let properties = Map::new()
        .set("Name", sub(format!("quintet-${{Stage}}-{}", function.name)))
        .set("ScheduleExpression", schedule.expression)
        .set("ScheduleExpressionTimezone", schedule.zone)
        .set("Input", json!({ "scheduled_for": "<aws.scheduler.scheduled-time>" }).to_string())
        .set("RetryPolicy", retries)
        .set("DeadLetterConfig", Map::new().set("Arn", attribute("Failures.Arn")));
    ("ScheduleV2", properties)
}

/// The scheduler only hands the run over; it is Lambda that calls again when the function fails.
fn failed_runs() -> Map {
    let failures = Map::new().set("Type", "SQS").set("Destination", attribute("Failures.Arn"));
    Map::new()
        .set("MaximumRetryAttempts", 2)
        .set("MaximumEventAgeInSeconds", 3600)
        .set("DestinationConfig", Map::new().set("OnFailure", failures))
}

/// A role written out: the one that SAM makes for a poller may read every queue and every stream of the account.
fn own_role(function: &Function, poll: Vec<Statement>) -> Map {
    let mut statements = vec![
        allow(&["logs:CreateLogStream", "logs:PutLogEvents"], &["${FunctionLog.Arn}"]),
        allow(&["xray:PutTelemetryRecords", "xray:PutTraceSegments"], &["*"]),
    ];
    statements.extend(poll);
    statements.extend(policy::of(function));
    let trust = Map::new()
        .set("Effect", "Allow")
        .set("Principal", Map::new().set("Service", "lambda.amazonaws.com"))
        .set("Action", "sts:AssumeRole");
    let trust = Map::new().set("Version", "2012-10-17").set("Statement", vec![trust]);
    let policy = Map::new().set("PolicyName", "needs").set("PolicyDocument", policy::document(&statements));
    let properties =
        Map::new().set("AssumeRolePolicyDocument", trust).set("Policies", vec![Yaml::from(policy)]);
    Map::new().set("Type", "AWS::IAM::Role").set("Properties", properties)
}

fn poll_queue(consumer: &Consumer) -> Vec<Statement> {
    let actions =
        ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"];
    vec![allow(&actions, &[&format!("${{{}.Arn}}", queue_id(consumer.queue.name))])]
}

fn poll_stream() -> Vec<Statement> {
    let actions = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"];
    vec![
        allow(&actions, &["${StreamArn}"]),
        allow(&["dynamodb:ListStreams"], &["*"]),
        allow(&["sqs:SendMessage"], &["${Failures.Arn}"]),
    ]
}

fn allow(actions: &[&str], resources: &[&str]) -> Statement {
    let own = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
    Statement { actions: own(actions), resources: own(resources), leading_keys: None }
}
