//! Reading the query protocol: a form whose field names spell out lists and maps.

use std::collections::BTreeMap;

use crate::protocol::Failure;
use crate::sqs::Attribute;

/// The fields of a request.
pub(crate) struct Fields {
    fields: BTreeMap<String, String>,
}

impl Fields {
    pub fn parse(body: &[u8]) -> Self {
        Self { fields: form_urlencoded::parse(body).into_owned().collect() }
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    pub fn required(&self, name: &str) -> Result<&str, Failure> {
        self.get(name).ok_or_else(|| invalid(&format!("{name} Reason: no value for required parameter")))
    }

    /// A map: `Attributes.entry.1.key`, `Attributes.entry.1.value`, ...
    pub fn map(&self, name: &str) -> BTreeMap<String, String> {
        self.pairs(&format!("{name}.entry"), "key", "value")
    }

    /// Tags: `Tags.member.1.Key`, `Tags.member.1.Value`, ...
    pub fn tags(&self) -> BTreeMap<String, String> {
        self.pairs("Tags.member", "Key", "Value")
    }

    fn pairs(&self, name: &str, key: &str, value: &str) -> BTreeMap<String, String> {
        let pair = |index: usize| {
            let key = self.get(&format!("{name}.{index}.{key}"))?;
            let value = self.get(&format!("{name}.{index}.{value}")).unwrap_or_default();
            Some((key.to_owned(), value.to_owned()))
        };
        (1..).map_while(pair).collect()
    }

    /// A list: `attributes.member.1`, ...
    pub fn list(&self, name: &str) -> Vec<&str> {
        (1..).map_while(|index| self.get(&format!("{name}.member.{index}"))).collect()
    }

    /// Message attributes: `<prefix>MessageAttributes.entry.1.Name`, `.Value.DataType`, `.Value.StringValue`,
    /// ...
    pub fn message_attributes(&self, prefix: &str) -> BTreeMap<String, Attribute> {
        let attribute = |index: usize| {
            let at = format!("{prefix}MessageAttributes.entry.{index}");
            let name = self.get(&format!("{at}.Name"))?.to_owned();
            let data_type = self.get(&format!("{at}.Value.DataType")).unwrap_or("String").to_owned();
            let text = self.get(&format!("{at}.Value.StringValue"));
            let value = text.or_else(|| self.get(&format!("{at}.Value.BinaryValue"))).unwrap_or_default();
            Some((name, Attribute { data_type, value: value.to_owned() }))
        };
        (1..).map_while(attribute).collect()
    }
}

/// `InvalidParameter`, in the words of SNS.
pub(crate) fn invalid(what: &str) -> Failure {
    Failure::new(400, "InvalidParameter", format!("Invalid parameter: {what}"))
}

/// `NotFound`.
pub(crate) fn not_found(what: &str) -> Failure {
    Failure::new(404, "NotFound", format!("{what} does not exist"))
}
