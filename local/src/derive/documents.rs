//! The lists for people: `docs/functions.md` and `docs/errors.md`.
use std::fmt::Write as _;

use shared::{
    error::Code,
    function::{Function, Need},
    wing::Wing,
};

use super::names::trigger;

/// The codes of each wing.
pub(super) fn codes() -> Vec<(&'static str, &'static [Code])> {
    vec![("lending", lending::codes::ALL)]
}

const HEAD: &str = "<!-- Written by `cargo run -- derive` from the declarations. -->\n";

/// Every function with what calls it and what it may touch.
pub(super) fn functions(wings: &[(&'static Wing, &'static [&'static Function])]) -> String {
    let mut text = format!("{HEAD}# Functions\n");
    for (wing, functions) in wings {
        let count = functions.len();
        write!(
            text,
            "\n## {}\n\n{} functions. Base path `{}`.\n\n| function | called by | open to | may touch |\n|---|---|---|---|\n",
            wing.title, count, wing.base_path
        )
        .unwrap_or_default();
        let mut functions = functions.to_vec();
        functions.sort_by_key(|function| function.name);
        for function in functions {
            let access = function.route().map_or("", |route| route.access.name);
            let row = format!(
                "| {} | `{}` | {access} | {} |\n",
                function.name,
                trigger(function),
                needs(function).join(", ")
            );
            text.push_str(&row);
        }
    }
    text
}

fn needs(function: &Function) -> Vec<String> {
    let mut needs: Vec<String> = Vec::new();
    for need in function.all_needs().iter().map(need) {
        if !needs.contains(&need) {
            needs.push(need);
        }
    }
    needs
}

fn need(need: &Need) -> String {
    match need {
        Need::Get => "get".to_owned(),
        Need::BatchGet => "batch get".to_owned(),
        Need::Query => "query".to_owned(),
        Need::QueryIndex(index) => format!("query {}", index.name()),
        Need::Put => "put".to_owned(),
        Need::Update => "update".to_owned(),
        Need::Delete => "delete".to_owned(),
        Need::Check => "check".to_owned(),
        Need::Send(queue) => format!("send to {}", queue.name),
        Need::Secret(secret) => format!("secret {}", secret.name),
        Need::Port(port) => port.name.to_owned(),
    }
}

/// Every public error code, those of all wings first.
pub(super) fn errors(wings: &[(&'static str, &'static [Code])]) -> String {
    let mut text = format!(
        "{HEAD}# Error codes\n\nStable: never renamed, never reused. The message is what a person reads when the endpoint says \
         nothing better.\n\n## Every service\n\n{}",
        table(shared::codes::ALL)
    );
    for (wing, codes) in wings.iter().filter(|(_, codes)| !codes.is_empty()) {
        write!(text, "\n## {wing}\n\n{}", table(codes)).unwrap_or_default();
    }
    text
}

fn table(codes: &[Code]) -> String {
    let rows = codes.iter().map(|code| format!("| {} | `{}` | {} |\n", code.status, code.name, code.message));
    std::iter::once("| status | code | message |\n|---|---|---|\n".to_owned()).chain(rows).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::testing, *};

    #[test]
    fn the_list_shows_what_a_function_may_touch() {
        let text = functions(&testing::house().wings);
        let row = text.lines().find(|line| line.starts_with("| trial-make-payment ")).unwrap();
        assert_eq!(
            row,
            "| trial-make-payment | `POST /api/payments` | member | put, query due, query gsi1, send to trial-paid, sms, \
             get, secret pepper, delete, update |"
        );
    }

    #[test]
    fn every_code_is_listed() {
        let text = errors(&testing::house().codes);
        assert!(text.contains("| 404 | `NOT_FOUND` |") && text.contains("## trial\n\n| status"));
    }
}
