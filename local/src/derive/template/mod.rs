//! The template of a wing: a nested stack with its functions, their permissions, its API, queues, schedules and alarms.
mod alarms;
mod api;
mod function;
mod queues;

use shared::{
    config::Config,
    function::{Function, Trigger},
    wing::Wing,
};

use super::{
    DeriveError,
    names::pascal,
    yaml::{Map, Yaml, reference, sub},
};

/// What the root stack hands to every wing's stack.
const PARAMETERS: [(&str, &str, &str); 8] = [
    ("Stage", "String", "dev, staging or prod: stands in every name"),
    ("TableName", "String", "The one table"),
    ("TableArn", "String", "Its ARN"),
    ("StreamArn", "String", "The ARN of its stream"),
    ("MailFrom", "String", "The sender of the house's e-mail"),
    ("AllowedOrigins", "CommaDelimitedList", "Web origins that may call the API"),
    ("AlarmTopicArn", "String", "Where alarms go"),
    ("LogRetentionDays", "Number", "How long logs are kept"),
];

/// The names of all parameters of a wing's template, in order. The drift test compares with what the root template hands over.
pub fn parameter_names() -> Vec<String> {
    let fixed = PARAMETERS.iter().map(|(name, ..)| (*name).to_owned());
    fixed.chain(Config::OPTIONAL.iter().map(|name| parameter_of(name))).collect()
}

/// `SMS_DLT` → `SmsDlt`: the parameter whose value an optional variable takes.
fn parameter_of(variable: &str) -> String {
    pascal(&variable.to_ascii_lowercase())
}

/// The template of `wing`.
pub fn of_wing(wing: &Wing, functions: &[&Function]) -> Result<String, DeriveError> {
    let has_api = functions.iter().any(|function| function.route().is_some());
    let has_failures = functions
        .iter()
        .any(|function| matches!(function.trigger, Trigger::Stream(_) | Trigger::Schedule(_)));

    let mut resources = Map::new();
    if has_api {
        resources = resources.and(api::resources(wing));
    }
    resources = resources.set("FunctionLog", log_group(&format!("/quintet/${{Stage}}/{}", wing.name)));
    for function in functions {
        resources = resources.and(function::resources(function)?);
    }
    resources = resources.and(queues::resources(functions));
    if has_failures {
        resources = resources.and(queues::failures(wing));
    }
    resources = resources.and(alarms::resources(wing, functions, has_api, has_failures));

    let mut template = Map::new()
        .set("AWSTemplateFormatVersion", "2010-09-09")
        .set("Transform", "AWS::Serverless-2016-10-31")
        .set("Description", wing.title)
        .set("Metadata", metadata())
        .set("Parameters", parameters())
        .set("Globals", Map::new().set("Function", globals()?))
        .set("Resources", resources.spaced())
        .spaced();
    if has_api {
        template = template.gap().set("Outputs", api::outputs());
    }
    let wing = wing.name;
    Ok(format!(
        "# Written by `cargo run -- derive` from the declarations in functions/{wing}/src. Change those, not this file.\n{}",
        template.block(0)
    ))
}

/// All wings take the same parameters, so that the root template treats them alike; not every wing uses all.
fn metadata() -> Map {
    Map::new().set("cfn-lint", Map::new().set("config", Map::new().set("ignore_checks", vec!["W2001"])))
}

fn parameters() -> Map {
    let fixed = PARAMETERS.iter().fold(Map::new(), |map, (name, kind, about)| {
        map.set(*name, Map::new().set("Type", *kind).set("Description", *about))
    });
    Config::OPTIONAL.iter().fold(fixed, |map, name| {
        let about = format!("The variable {name}, see shared/src/config.rs; empty counts as not set");
        map.set(
            parameter_of(name),
            Map::new().set("Type", "String").set("Default", "").set("Description", about),
        )
    })
}

/// What is the same for every function.
fn globals() -> Result<Map, DeriveError> {
    let usual = Function::ENDPOINT;
    Ok(Map::new()
        .set("Runtime", "provided.al2023")
        .set("Handler", "bootstrap")
        .set("Architectures", vec!["arm64"])
        .set("MemorySize", usual.memory_mb)
        .set("Timeout", usual.timeout_s)
        .set("Tracing", "Active")
        .set("LoggingConfig", Map::new().set("LogFormat", "JSON").set("LogGroup", reference("FunctionLog")))
        .set("Environment", Map::new().set("Variables", variables()?)))
}

/// The variables that [`Config`] reads and Lambda does not set by itself.
fn variables() -> Result<Map, DeriveError> {
    let required =
        Config::FROM_TEMPLATE.iter().try_fold(Map::new(), |map, name| Ok(map.set(*name, variable(name)?)))?;
    Ok(Config::OPTIONAL.iter().fold(required, |map, name| map.set(*name, reference(parameter_of(name)))))
}

fn variable(name: &'static str) -> Result<Yaml, DeriveError> {
    match name {
        "STAGE" => Ok(reference("Stage")),
        "TABLE" => Ok(reference("TableName")),
        "MAIL_FROM" => Ok(reference("MailFrom")),
        "QUEUE_URL_BASE" => {
            Ok(sub("https://sqs.${AWS::Region}.${AWS::URLSuffix}/${AWS::AccountId}/quintet-${Stage}-"))
        }
        _ => Err(DeriveError::Variable(name)),
    }
}

fn log_group(name: &str) -> Map {
    Map::new()
        .set("Type", "AWS::Logs::LogGroup")
        .set("DeletionPolicy", "Delete")
        .set("UpdateReplacePolicy", "Delete")
        .set(
            "Properties",
            Map::new().set("LogGroupName", sub(name)).set("RetentionInDays", reference("LogRetentionDays")),
        )
}

/// How many resources the stack has once SAM has expanded it. CloudFormation takes 500 at most.
pub fn resources_after_expansion(functions: &[&Function]) -> usize {
    let each = |function: &&Function| match &function.trigger {
        Trigger::None => 0,
        // Function, role, permission for the API or mapping of the stream.
        Trigger::Http(_) | Trigger::Stream(_) => 3,
        // Function, role, mapping; queue, its dead-letter queue, an alarm for each.
        Trigger::Queue(_) => 7,
        // Function, role, schedule, its role, what becomes of failed runs.
        Trigger::Schedule(_) => 5,
    };
    // API, its stage and log, the functions' log, the queue of failures, the alarms of the wing.
    functions.iter().map(each).sum::<usize>() + 7
}

/// The logical id of a queue.
fn queue_id(name: &str) -> String {
    format!("{}Queue", pascal(name))
}

#[cfg(test)]
mod tests {
    use super::{super::testing, *};

    fn template() -> String {
        let house = testing::house();
        let (wing, functions) = house.wings[0];
        of_wing(wing, functions).unwrap()
    }

    fn resource(name: &str) -> String {
        let template = template();
        let (_, rest) = template.split_once(&format!("\n  {name}:\n")).unwrap_or_else(|| panic!("no {name}"));
        let lines = rest.lines().take_while(|line| line.starts_with("   "));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn an_endpoint_is_a_function_with_a_route_and_a_policy() {
        let text = resource("TrialMakePayment");
        for part in [
            "CodeUri: ../../target/lambda/trial-make-payment/",
            "Method: POST",
            "Path: /api/payments",
            "MemorySize: 512",
            "dynamodb:LeadingKeys: [\"TRIAL#*\"]",
            "dynamodb:UpdateItem]",
        ] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
    }

    #[test]
    fn a_consumer_reports_failures_one_by_one_and_has_time_to_work() {
        let text = resource("TrialOnPaid");
        assert!(text.contains("FunctionResponseTypes: [ReportBatchItemFailures]"), "{text}");
        let queue = resource("TrialPaidQueue");
        assert!(queue.contains("VisibilityTimeout: 360"), "{queue}");
        assert!(queue.contains("maxReceiveCount: 5"), "{queue}");
    }

    #[test]
    fn a_reader_wakes_only_for_new_items_of_its_kinds() {
        let text = resource("TrialOnOutbox");
        assert!(text.contains(r#"{"entity":{"S":["outbox"]}}"#), "{text}");
        assert!(text.contains("INSERT"), "{text}");
    }

    #[test]
    fn a_schedule_says_for_when_it_runs() {
        let text = resource("TrialRunSweep");
        assert!(text.contains("<aws.scheduler.scheduled-time>"), "{text}");
        assert!(text.contains("ScheduleExpressionTimezone: Asia/Kolkata"), "{text}");
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let template = template();
        for tail in template.split("!Ref ").skip(1).chain(template.split("!GetAtt ").skip(1)) {
            let name: String = tail.chars().take_while(char::is_ascii_alphanumeric).collect();
            assert!(template.contains(&format!("\n  {name}:\n")), "{name} is nowhere");
        }
    }
}
