//! The least that a function must be allowed: one IAM statement for each kind of thing it declares to need, and nothing else.
use std::collections::{BTreeMap, BTreeSet};

use shared::{
    function::{Function, Need},
    table::Index,
};

use super::yaml::{Map, Yaml, filled_in};

/// The wing that carries for all wings and therefore meets items of every tag.
const CARRIER: &str = "platform";

/// One IAM statement that allows something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The actions, sorted.
    pub actions: Vec<String>,
    /// The resources, as CloudFormation `!Sub` strings.
    pub resources: Vec<String>,
    /// What every partition key that it touches must start with.
    pub leading_keys: Option<String>,
}

impl Statement {
    fn new(actions: impl IntoIterator<Item = impl Into<String>>, resource: impl Into<String>) -> Self {
        let actions: BTreeSet<String> = actions.into_iter().map(Into::into).collect();
        Self { actions: actions.into_iter().collect(), resources: vec![resource.into()], leading_keys: None }
    }
}

/// The policy of `function`.
pub fn of(function: &Function) -> Vec<Statement> {
    let needs = function.all_needs();
    let keys = (function.wing.name != CARRIER).then(|| format!("{}#*", function.wing.tag));
    let mut statements = Vec::new();
    statements.extend(on_table(&needs, keys.clone()));
    statements.extend(on_indexes(&needs, keys));
    statements.extend(on_queues(&needs));
    statements.extend(on_secrets(&needs));
    statements.extend(on_ports(&needs));
    statements
}

fn on_table(needs: &[Need], leading_keys: Option<String>) -> Option<Statement> {
    let actions: BTreeSet<&str> = needs
        .iter()
        .filter_map(|need| match need {
            Need::Get => Some("dynamodb:GetItem"),
            Need::BatchGet => Some("dynamodb:BatchGetItem"),
            Need::Query => Some("dynamodb:Query"),
            Need::Put => Some("dynamodb:PutItem"),
            Need::Update => Some("dynamodb:UpdateItem"),
            Need::Delete => Some("dynamodb:DeleteItem"),
            Need::Check => Some("dynamodb:ConditionCheckItem"),
            Need::QueryIndex(_) | Need::Send(_) | Need::Secret(_) | Need::Port(_) => None,
        })
        .collect();
    (!actions.is_empty()).then(|| Statement { leading_keys, ..Statement::new(actions, "${TableArn}") })
}

fn on_indexes(needs: &[Need], leading_keys: Option<String>) -> Option<Statement> {
    let indexes: BTreeSet<Index> = needs
        .iter()
        .filter_map(|need| if let Need::QueryIndex(index) = need { Some(*index) } else { None })
        .collect();
    let resources: Vec<_> =
        indexes.iter().map(|index| format!("${{TableArn}}/index/{}", index.name())).collect();
    let statement = Statement { resources, leading_keys, ..Statement::new(["dynamodb:Query"], "") };
    (!indexes.is_empty()).then_some(statement)
}

fn on_queues(needs: &[Need]) -> Option<Statement> {
    let names: BTreeSet<&str> = needs
        .iter()
        .filter_map(|need| if let Need::Send(queue) = need { Some(queue.name) } else { None })
        .collect();
    let resources = names.iter().map(|name| queue_arn(name)).collect();
    (!names.is_empty()).then(|| Statement { resources, ..Statement::new(["sqs:SendMessage"], "") })
}

/// The ARN of a queue of any wing, as a `!Sub` string: queues have fixed names, so no stack waits for another's outputs.
pub fn queue_arn(name: &str) -> String {
    format!("arn:${{AWS::Partition}}:sqs:${{AWS::Region}}:${{AWS::AccountId}}:quintet-${{Stage}}-{name}")
}

fn on_secrets(needs: &[Need]) -> Vec<Statement> {
    let names: BTreeSet<&str> = needs
        .iter()
        .filter_map(|need| if let Need::Secret(secret) = need { Some(secret.name) } else { None })
        .collect();
    if names.is_empty() {
        return Vec::new();
    }
    // Secrets Manager appends six characters of its own to the name.
    let arn = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:quintet/${Stage}";
    let resources = names.iter().map(|name| format!("{arn}/{name}-??????")).collect();
    vec![
        // AWS knows no resources for this action; what it may return is decided by the next statement.
        Statement::new(["secretsmanager:BatchGetSecretValue"], "*"),
        Statement { resources, ..Statement::new(["secretsmanager:GetSecretValue"], "") },
    ]
}

/// Ports' grants word for word, gathered by resource.
fn on_ports(needs: &[Need]) -> Vec<Statement> {
    let mut by_resource: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let ports = needs.iter().filter_map(|need| if let Need::Port(port) = need { Some(port) } else { None });
    for grant in ports.flat_map(|port| port.grants) {
        by_resource.entry(grant.resource).or_default().insert(grant.action);
    }
    by_resource.into_iter().map(|(resource, actions)| Statement::new(actions, resource)).collect()
}

impl From<&Statement> for Yaml {
    fn from(statement: &Statement) -> Self {
        let resource = match &*statement.resources {
            [one] => filled_in(one),
            several => several.iter().map(|resource| filled_in(resource)).collect::<Vec<_>>().into(),
        };
        let condition = statement.leading_keys.as_ref().map(|keys| {
            let keys = Map::new().set("dynamodb:LeadingKeys", vec![keys.clone()]);
            Map::new().set("ForAllValues:StringLike", keys)
        });
        Map::new()
            .set("Effect", "Allow")
            .set("Action", statement.actions.clone())
            .set("Resource", resource)
            .set_some("Condition", condition)
            .into()
    }
}

/// A policy document of these statements.
pub fn document(statements: &[Statement]) -> Map {
    Map::new()
        .set("Version", "2012-10-17")
        .set("Statement", statements.iter().map(Yaml::from).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::{super::testing, *};

    #[test]
    fn a_policy_is_the_declared_needs_and_those_of_the_edge() {
        let statements = of(&testing::PAY);
        let text: Vec<_> = statements
            .iter()
            .map(|s| format!("{} on {}", s.actions.join(" "), s.resources.join(" ")))
            .collect();
        assert_eq!(
            text,
            [
                "dynamodb:DeleteItem dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem on ${TableArn}",
                "dynamodb:Query on ${TableArn}/index/gsi1 ${TableArn}/index/due",
                "sqs:SendMessage on arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:quintet-${Stage}-trial-paid",
                "secretsmanager:BatchGetSecretValue on *",
                "secretsmanager:GetSecretValue on \
                 arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:quintet/${Stage}/pepper-??????",
                "sns:Publish on *",
            ]
        );
        assert_eq!(statements[0].leading_keys.as_deref(), Some("TRIAL#*"));
    }

    #[test]
    fn a_function_without_needs_may_do_nothing() {
        assert_eq!(of(&testing::HEALTH), []);
    }
}
