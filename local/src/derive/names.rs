//! Names that follow from names.
use shared::function::{Function, Trigger};

/// `lending-send-otp` → `LendingSendOtp`: the logical id of a resource, which CloudFormation knows it by. Never changed, or the
/// resource is replaced.
pub fn pascal(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words
        .filter_map(|word| {
            let mut letters = word.chars();
            let first = letters.next()?;
            Some(format!("{}{}", first.to_ascii_uppercase(), letters.as_str()))
        })
        .collect()
}

/// The logical id of a function.
pub fn logical_id(function: &Function) -> String {
    pascal(function.name)
}

/// `lending-send-otp` → `send-otp`.
pub fn without_wing(function: &Function) -> &str {
    let rest = function.name.strip_prefix(function.wing.name);
    rest.and_then(|rest| rest.strip_prefix('-')).unwrap_or(function.name)
}

/// What calls it, in a few words.
pub fn trigger(function: &Function) -> String {
    match &function.trigger {
        Trigger::None => "nothing".to_owned(),
        Trigger::Http(route) => format!("{} {}", route.method.name(), route.path),
        Trigger::Queue(consumer) => format!("queue {}", consumer.queue.name),
        Trigger::Stream(reader) => format!("new items: {}", reader.entities.join(", ")),
        Trigger::Schedule(schedule) => format!("{} {}", schedule.expression, schedule.zone),
    }
}

/// The parameters of a path: `{id}` → `id`, `{*rest}` → `rest`.
pub fn path_parameters(path: &str) -> Vec<&str> {
    let segments = path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    segments.map(|name| name.trim_start_matches('*')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logical_ids_are_pascal_case() {
        assert_eq!(pascal("lending-send-otp"), "LendingSendOtp");
        assert_eq!(pascal("lending-on-emi-2"), "LendingOnEmi2");
    }

    #[test]
    fn parameters_are_read_from_the_path() {
        assert_eq!(path_parameters("/api/loans/{id}/x/{*rest}"), ["id", "rest"]);
    }
}
