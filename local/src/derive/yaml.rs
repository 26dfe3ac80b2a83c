//! As much YAML as a CloudFormation template needs, written so that people can read it.
//!
//! Only writing, and only maps, lists, scalars and CloudFormation's short tags; a crate that also reads YAML would know no
//! tags and write no comments.
use std::fmt::Write as _;

/// Short lists stay on one line up to this width.
const WIDTH: usize = 110;

/// A value.
#[derive(Debug, Clone)]
pub enum Yaml {
    /// A number or a boolean.
    Plain(String),
    /// A text; quoted where YAML would otherwise read something else.
    Text(String),
    /// `!Ref Stage` and the like.
    Tag(&'static str, String),
    /// A list.
    List(Vec<Yaml>),
    /// A map.
    Map(Map),
}

/// A map that keeps the order in which it was written.
#[derive(Debug, Clone, Default)]
pub struct Map(Vec<Entry>);

#[derive(Debug, Clone)]
enum Entry {
    Pair(String, Yaml),
    Note(String),
    Gap,
}

impl Map {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `key: value`.
    #[must_use]
    pub fn set(mut self, key: impl Into<String>, value: impl Into<Yaml>) -> Self {
        self.0.push(Entry::Pair(key.into(), value.into()));
        self
    }

    /// Adds `key: value` where there is a value.
    #[must_use]
    pub fn set_some(self, key: impl Into<String>, value: Option<impl Into<Yaml>>) -> Self {
        match value {
            Some(value) => self.set(key, value),
            None => self,
        }
    }

    /// Adds a comment line.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.0.push(Entry::Note(text.into()));
        self
    }

    /// Adds an empty line.
    #[must_use]
    pub fn gap(mut self) -> Self {
        self.0.push(Entry::Gap);
        self
    }

    /// With an empty line between what it holds.
    #[must_use]
    pub fn spaced(self) -> Self {
        let spaced = self.0.into_iter().enumerate().flat_map(|(at, entry)| {
            let gap = (at > 0).then_some(Entry::Gap);
            gap.into_iter().chain([entry])
        });
        Self(spaced.collect())
    }

    /// Adds everything of `other`.
    #[must_use]
    pub fn and(mut self, other: Map) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many keys it has.
    pub fn len(&self) -> usize {
        self.0.iter().filter(|entry| matches!(entry, Entry::Pair(..))).count()
    }

    /// The map as a block, each line indented by `indent`.
    pub fn block(&self, indent: usize) -> String {
        let mut out = String::new();
        self.write(&mut out, indent);
        out
    }

    fn write(&self, out: &mut String, indent: usize) {
        for entry in &self.0 {
            let pad = " ".repeat(indent);
            match entry {
                Entry::Gap => out.push('\n'),
                Entry::Note(text) => line(out, &format!("{pad}# {text}")),
                Entry::Pair(key, value) => write_pair(out, indent, key, value),
            }
        }
    }
}

impl From<&str> for Yaml {
    fn from(text: &str) -> Self {
        Yaml::Text(text.to_owned())
    }
}

impl From<String> for Yaml {
    fn from(text: String) -> Self {
        Yaml::Text(text)
    }
}

impl From<u32> for Yaml {
    fn from(number: u32) -> Self {
        Yaml::Plain(number.to_string())
    }
}

impl From<bool> for Yaml {
    fn from(yes: bool) -> Self {
        Yaml::Plain(yes.to_string())
    }
}

impl From<Map> for Yaml {
    fn from(map: Map) -> Self {
        Yaml::Map(map)
    }
}

impl<Y: Into<Yaml>> From<Vec<Y>> for Yaml {
    fn from(list: Vec<Y>) -> Self {
        Yaml::List(list.into_iter().map(Into::into).collect())
    }
}

/// `!Ref name`.
pub fn reference(name: impl Into<String>) -> Yaml {
    Yaml::Tag("Ref", name.into())
}

/// `!Sub text`.
pub fn sub(text: impl Into<String>) -> Yaml {
    Yaml::Tag("Sub", text.into())
}

/// `!GetAtt resource.attribute`.
pub fn attribute(of: impl Into<String>) -> Yaml {
    Yaml::Tag("GetAtt", of.into())
}

/// `text` with its `${…}` filled in: the shortest tag that does it.
pub fn filled_in(text: &str) -> Yaml {
    let Some(inside) = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) else {
        return if text.contains("${") { sub(text) } else { Yaml::from(text) };
    };
    match (inside.contains("${"), inside.contains('.')) {
        (true, _) => sub(text),
        (false, true) => attribute(inside),
        (false, false) => reference(inside),
    }
}

fn line(out: &mut String, text: &str) {
    // Writing to a String cannot fail.
    writeln!(out, "{}", text.trim_end()).unwrap_or_default();
}

fn write_pair(out: &mut String, indent: usize, key: &str, value: &Yaml) {
    let pad = " ".repeat(indent);
    let key = quoted(key);
    if let Some(text) = on_one_line(value, WIDTH.saturating_sub(indent + key.len() + 2)) {
        line(out, &format!("{pad}{key}: {text}"));
        return;
    }
    line(out, &format!("{pad}{key}:"));
    match value {
        Yaml::Map(map) => map.write(out, indent + 2),
        Yaml::List(items) => items.iter().for_each(|item| write_item(out, indent + 2, item)),
        Yaml::Plain(_) | Yaml::Text(_) | Yaml::Tag(..) => {}
    }
}

fn write_item(out: &mut String, indent: usize, item: &Yaml) {
    let pad = " ".repeat(indent);
    match item {
        // The first key stands behind the dash, the others below it.
        Yaml::Map(map) if !map.is_empty() => {
            let block = map.block(indent + 2);
            out.push_str(&pad);
            out.push_str("- ");
            out.push_str(block.trim_start());
        }
        other => line(out, &format!("{pad}- {}", on_one_line(other, usize::MAX).unwrap_or_default())),
    }
}

/// Scalars, and lists of scalars that fit.
fn on_one_line(value: &Yaml, width: usize) -> Option<String> {
    match value {
        Yaml::Plain(text) => Some(text.clone()),
        Yaml::Text(text) => Some(quoted(text)),
        Yaml::Tag(tag, text) => Some(format!("!{tag} {}", quoted(text))),
        Yaml::List(items) => {
            let scalars = items.iter().map(|item| match item {
                Yaml::List(_) | Yaml::Map(_) => None,
                scalar => on_one_line(scalar, width),
            });
            let text = format!("[{}]", scalars.collect::<Option<Vec<_>>>()?.join(", "));
            (text.len() <= width).then_some(text)
        }
        Yaml::Map(map) => map.is_empty().then(|| "{}".to_owned()),
    }
}

/// `text` as it is where every YAML reader takes it for that text, in quotes otherwise.
fn quoted(text: &str) -> String {
    const WORDS: [&str; 8] = ["true", "false", "yes", "no", "on", "off", "null", "y"];
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || "/.$".contains(c));
    let inside = text.chars().all(|c| c.is_ascii_alphanumeric() || " /_.:@+()-;'$".contains(c));
    let ends = text.ends_with(|c: char| c.is_ascii_alphanumeric() || ")/_.-".contains(c));
    let word = WORDS.contains(&text.to_ascii_lowercase().as_str());
    if starts && inside && ends && !word && !text.contains(": ") {
        text.to_owned()
    } else if text.contains('"') && !text.contains('\'') && !text.contains(char::is_control) {
        format!("'{text}'")
    } else {
        // JSON strings are YAML strings.
        serde_json::Value::from(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_reads_as_a_person_would_write_it() {
        let map = Map::new()
            .note("why")
            .set("Type", "AWS::SQS::Queue")
            .set("Wait", 30)
            .set("Names", vec!["a", "b"])
            .set("Version", "2012-10-17")
            .set("Rule", "cron(15 0 * * ? *)")
            .set("List", vec![Map::new().set("Ref", reference("Stage")).set("On", true)])
            .set("Arn", sub("${Stage}-x"));
        assert_eq!(
            map.block(2),
            concat!(
                "  # why\n  Type: AWS::SQS::Queue\n  Wait: 30\n  Names: [a, b]\n  Version: \"2012-10-17\"\n",
                "  Rule: \"cron(15 0 * * ? *)\"\n  List:\n    - Ref: !Ref Stage\n      \"On\": true\n",
                "  Arn: !Sub \"${Stage}-x\"\n",
            )
        );
    }

    #[test]
    fn what_yaml_would_misread_is_quoted() {
        for text in ["no", "12", "2026-01-01", "a: b", "*", "", "a #b", "{x}", "end:", "Null"] {
            assert!(quoted(text).starts_with('"'), "{text}");
        }
        for text in ["arn:aws:sqs", "/api/x", "rate(5 minutes)", "Signs a borrower in."] {
            assert_eq!(quoted(text), text);
        }
    }
}
