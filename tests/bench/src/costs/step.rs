//! The lines of a walk: who calls which endpoint with what, and what is kept of the reply for later lines.
use std::collections::BTreeMap;

use futures::future::BoxFuture;
use serde_json::Value;
use shared::{
    function::{Function, Method},
    wing::Wing,
};

use super::walk::Walk;
use crate::Fault;

/// Who calls. Visitors and borrowers come without a session and get one by signing in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    /// Somebody without a session.
    Visitor,
    /// The borrower of the walk.
    Borrower,
    /// Somebody of the staff, signed in.
    Officer,
    /// Likewise.
    Admin,
    /// Another one, who confirms.
    SecondAdmin,
    /// Likewise.
    Finance,
    /// Somebody whom the admin takes into the staff in the course of the walk.
    Newcomer,
}

/// What is known so far, by name.
pub(super) type Memory = BTreeMap<&'static str, String>;

/// The text kept as `name`; empty where nothing was.
pub(super) fn known<'a>(memory: &'a Memory, name: &str) -> &'a str {
    memory.get(name).map_or("", String::as_str)
}

/// The walk through one wing.
pub(super) struct Steps {
    /// The wing.
    pub wing: &'static Wing,
    /// Its functions: what no line reaches is reported as not exercised.
    pub functions: &'static [&'static Function],
    /// What happens, in order.
    pub lines: &'static [Line],
}

/// One line.
pub(super) enum Line {
    /// A request.
    Call(Call),
    /// Something that no endpoint does: what it is, and how it is done.
    Arrange(&'static str, for<'a> fn(&'a mut Walk<'_>) -> BoxFuture<'a, Result<(), Fault>>),
    /// So many seconds pass.
    Wait(i64),
}

/// A request.
pub(super) struct Call {
    /// Who calls.
    pub who: Who,
    /// The method.
    pub method: Method,
    /// Below the base path of the wing; `{name}` stands for what was kept as `name`.
    pub path: &'static str,
    /// The body.
    pub body: Option<fn(&Memory) -> Value>,
    /// What is kept of the reply: under which name, and where it stands (a JSON pointer).
    pub keep: &'static [(&'static str, &'static str)],
    /// Whether it names the version that was seen last, as `If-Match`.
    pub if_unchanged: bool,
    /// What is special about it, where an endpoint is called more than once.
    pub case: &'static str,
}

impl Line {
    const fn call(who: Who, method: Method, path: &'static str, body: Option<fn(&Memory) -> Value>) -> Self {
        Self::Call(Call { who, method, path, body, keep: &[], if_unchanged: false, case: "" })
    }

    /// Keeps something of the reply.
    pub const fn keep(self, keep: &'static [(&'static str, &'static str)]) -> Self {
        match self {
            Self::Call(call) => Self::Call(Call { keep, ..call }),
            other => other,
        }
    }

    /// Names the version that was seen last.
    pub const fn if_unchanged(self) -> Self {
        match self {
            Self::Call(call) => Self::Call(Call { if_unchanged: true, ..call }),
            other => other,
        }
    }

    /// Says what is special, which gives the call a row of its own.
    pub const fn case(self, case: &'static str) -> Self {
        match self {
            Self::Call(call) => Self::Call(Call { case, ..call }),
            other => other,
        }
    }
}

/// A GET.
pub(super) const fn get(who: Who, path: &'static str) -> Line {
    Line::call(who, Method::Get, path, None)
}

/// A POST with a body.
pub(super) const fn post(who: Who, path: &'static str, body: fn(&Memory) -> Value) -> Line {
    Line::call(who, Method::Post, path, Some(body))
}

/// A PUT with a body.
pub(super) const fn put(who: Who, path: &'static str, body: fn(&Memory) -> Value) -> Line {
    Line::call(who, Method::Put, path, Some(body))
}

/// A DELETE.
pub(super) const fn delete(who: Who, path: &'static str) -> Line {
    Line::call(who, Method::Delete, path, None)
}

/// `path` with what is known in place of its names; the first name that is not known otherwise.
pub(super) fn filled(path: &'static str, memory: &Memory) -> Result<String, &'static str> {
    let mut text = String::new();
    let mut rest = path;
    while let Some((before, behind)) = rest.split_once('{') {
        let Some((name, after)) = behind.split_once('}') else { break };
        text.push_str(before);
        text.push_str(memory.get(name).ok_or(name)?);
        rest = after;
    }
    text.push_str(rest);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_filled_with_what_is_known() {
        let memory = Memory::from([("loan", "ln_1".to_owned())]);
        assert_eq!(
            filled("/api/loans/{loan}/schedule?a=b", &memory),
            Ok("/api/loans/ln_1/schedule?a=b".to_owned())
        );
        assert_eq!(filled("/api/{thing}/{loan}", &memory), Err("thing"));
    }
}
