//! Alarms of a wing: what somebody must know before the customers do. Those of the table and of Lambda as a whole stand in the
//! root template.
use shared::{function::Function, wing::Wing};

use super::{
    super::yaml::{Map, Yaml, attribute, reference, sub},
    queue_id, queues,
};

pub(super) fn resources(wing: &Wing, functions: &[&Function], has_api: bool, has_failures: bool) -> Map {
    let mut alarms = Map::new();
    for (_, consumer) in queues::consumers(functions) {
        let (name, id) = (consumer.queue.name, queue_id(consumer.queue.name));
        alarms = alarms
            .set(format!("{id}LateAlarm"), alarm(&format!("{name}-late"), late(&id)))
            .set(format!("{id}DlqAlarm"), alarm(&format!("{name}-dlq"), not_empty(&format!("{id}Dlq"))));
    }
    if has_failures {
        alarms =
            alarms.set("FailuresAlarm", alarm(&format!("{}-failures", wing.name), not_empty("Failures")));
    }
    if has_api {
        alarms = alarms.set("ApiFaultsAlarm", alarm(&format!("{}-api-faults", wing.name), faults()));
    }
    alarms
}

fn alarm(name: &str, rule: Map) -> Map {
    let properties = Map::new()
        .set("AlarmName", sub(format!("quintet-${{Stage}}-{name}")))
        .and(rule)
        .set("TreatMissingData", "notBreaching")
        .set("AlarmActions", vec![reference("AlarmTopicArn")])
        .set("OKActions", vec![reference("AlarmTopicArn")]);
    Map::new().set("Type", "AWS::CloudWatch::Alarm").set("Properties", properties)
}

fn of_queue(queue: &str, metric: &str) -> Map {
    let dimension = Map::new().set("Name", "QueueName").set("Value", attribute(format!("{queue}.QueueName")));
    Map::new()
        .set("Namespace", "AWS/SQS")
        .set("MetricName", metric)
        .set("Dimensions", vec![dimension])
        .set("Statistic", "Maximum")
        .set("Period", 60)
}

fn late(queue: &str) -> Map {
    of_queue(queue, "ApproximateAgeOfOldestMessage")
        .set("AlarmDescription", "The oldest message has waited for more than five minutes")
        .set("EvaluationPeriods", 1)
        .set("ComparisonOperator", "GreaterThanThreshold")
        .set("Threshold", 300)
}

fn not_empty(queue: &str) -> Map {
    of_queue(queue, "ApproximateNumberOfMessagesVisible")
        .set("AlarmDescription", "Something was given up: see docs/operating.md")
        .set("EvaluationPeriods", 1)
        .set("ComparisonOperator", "GreaterThanThreshold")
        .set("Threshold", 0)
}

/// More than one request in a hundred, and not just one of three at night.
fn faults() -> Map {
    let metric = |id: &str, name: &str| -> Yaml {
        let dimension = Map::new().set("Name", "ApiId").set("Value", reference("Api"));
        let metric = Map::new()
            .set("Namespace", "AWS/ApiGateway")
            .set("MetricName", name)
            .set("Dimensions", vec![dimension]);
        let stat = Map::new().set("Metric", metric).set("Period", 60).set("Stat", "Sum");
        Map::new().set("Id", id).set("MetricStat", stat).set("ReturnData", false).into()
    };
    let rate = Map::new()
        .set("Id", "rate")
        .set("Expression", "IF(requests >= 20, 100 * faults / requests, 0)")
        .set("Label", "faults in a hundred requests");
    Map::new()
        .set("AlarmDescription", "More than one request in a hundred fails on our side")
        .set("Metrics", vec![rate.into(), metric("faults", "5xx"), metric("requests", "Count")])
        .set("EvaluationPeriods", 3)
        .set("ComparisonOperator", "GreaterThanThreshold")
        .set("Threshold", 1)
}
