//! The OpenAPI document of a wing, from its declarations: what a client must know, and nothing that could go stale.
use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::{Map, Value, json};
use shared::{
    codes,
    function::{Function, Route},
    http::Credential,
    wing::Wing,
};

use super::{
    DeriveError, envelope,
    names::{path_parameters, without_wing},
    schemas::{Schemas, reference},
};

/// The document of `wing`, as JSON for people.
pub(super) fn document(wing: &Wing, functions: &[&Function]) -> Result<String, DeriveError> {
    let mut schemas = Schemas::default();
    schemas.put("Error", envelope::error(wing));
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    let mut security = Map::new();
    for (function, route) in functions.iter().filter_map(|function| Some((*function, function.route()?))) {
        if let Some((name, scheme)) = scheme(route) {
            security.insert(name.to_owned(), scheme);
        }
        let operation = operation(wing, function, route, &mut schemas)?;
        paths.entry(route.path).or_default().insert(route.method.name().to_ascii_lowercase(), operation);
    }
    let document = json!({
        "openapi": "3.1.0",
        "info": { "title": wing.title, "version": env!("CARGO_PKG_VERSION") },
        "servers": [{ "url": wing.base_path }],
        "paths": paths,
        "components": {
            "schemas": schemas.into_json(),
            "securitySchemes": security,
            "responses": refusals(wing),
            "parameters": { "IdempotencyKey": idempotency_key() },
        },
    });
    let text = serde_json::to_string_pretty(&sorted(document));
    text.map(|text| text + "\n").map_err(|e| DeriveError::Json("OpenAPI document", e))
}

fn operation(
    wing: &Wing,
    function: &Function,
    route: &Route,
    schemas: &mut Schemas,
) -> Result<Value, DeriveError> {
    let mut operation = json!({
        "operationId": without_wing(function),
        "summary": function.summary,
        "description": description(route),
        "tags": [tag(route.path)],
        "responses": responses(wing, function, route, schemas)?,
    });
    let parameters = parameters(function, route, schemas)?;
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
    if let Some(body) = route.docs.body {
        let name = schemas.file(function, "Request", &body())?;
        operation["requestBody"] =
            json!({ "required": true, "content": { "application/json": { "schema": reference(&name) } } });
    }
    if let Some((name, _)) = scheme(route) {
        operation["security"] = json!([{ name: [] }]);
    }
    Ok(operation)
}

/// The first segment of the path that says something.
fn tag(path: &str) -> &str {
    path.split('/')
        .find(|part| !part.is_empty() && *part != "api" && !part.starts_with('{'))
        .unwrap_or("service")
}

fn description(route: &Route) -> String {
    let access = &route.access;
    let mut text = format!("Open to: {}", access.name);
    if !access.roles.is_empty() {
        write!(text, " ({})", access.roles.join(", ")).unwrap_or_default();
    }
    text.push('.');
    if let Some(rate) = route.rate {
        let who = if access.authenticate.is_some() { "caller" } else { "network" };
        write!(text, " At most {} calls in {} seconds for each {who}.", rate.calls, rate.seconds)
            .unwrap_or_default();
    }
    if needs_intent(route) {
        text.push_str(" Send the session's token in X-CSRF-Token, or call from the API's own origin.");
    }
    text
}

fn needs_intent(route: &Route) -> bool {
    route.method.is_unsafe() && matches!(route.access.credential, Credential::Cookie(_))
}

fn scheme(route: &Route) -> Option<(&'static str, Value)> {
    match route.access.credential {
        Credential::None => None,
        Credential::Cookie(name) => {
            Some(("cookie", json!({ "type": "apiKey", "in": "cookie", "name": name })))
        }
        Credential::Bearer => Some(("bearer", json!({ "type": "http", "scheme": "bearer" }))),
        Credential::Signature => Some((
            "signature",
            json!({
                "type": "apiKey",
                "in": "header",
                "name": "X-Signature",
                "description": "A signature over the raw body, in the header that the sender's contract names",
            }),
        )),
    }
}

fn parameters(function: &Function, route: &Route, schemas: &mut Schemas) -> Result<Vec<Value>, DeriveError> {
    let in_path = path_parameters(route.path);
    let mut all: Vec<_> = in_path
        .into_iter()
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    if let Some(query) = route.docs.query {
        let name = schemas.file(function, "Query", &query())?;
        let schema = schemas.get(&name).cloned().unwrap_or_default();
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let required = required.iter().any(|one| one == name);
            let mut parameter =
                json!({ "name": name, "in": "query", "required": required, "schema": property });
            if let Some(text) = property.get("description") {
                parameter["description"] = text.clone();
            }
            all.push(parameter);
        }
    }
    if route.idempotent {
        all.push(json!({ "$ref": "#/components/parameters/IdempotencyKey" }));
    }
    Ok(all)
}

fn idempotency_key() -> Value {
    json!({
        "name": "Idempotency-Key",
        "in": "header",
        "required": false,
        "description": "Makes a repeated request safe: within 24 hours the same key gets the same reply, marked with \
                        Idempotent-Replayed, and nothing happens twice",
        "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" },
    })
}

fn responses(
    wing: &Wing,
    function: &Function,
    route: &Route,
    schemas: &mut Schemas,
) -> Result<Value, DeriveError> {
    let data = match route.docs.reply {
        Some(reply) => Some(reference(&schemas.file(function, "Reply", &reply())?)),
        None => None,
    };
    let mut success = json!({ "description": function.summary });
    if let Some(schema) = envelope::success(wing, data)? {
        success["content"] = json!({ "application/json": { "schema": schema } });
    }
    let mut all = Map::from_iter([(route.docs.status.to_string(), success)]);
    for (status, _) in refusals_of(route) {
        all.insert(status.to_string(), json!({ "$ref": format!("#/components/responses/{status}") }));
    }
    Ok(Value::Object(all))
}

/// The refusals that the edge can give, and those that a rule behind such a route gives.
fn refusals_of(route: &Route) -> impl Iterator<Item = (u16, &'static str)> {
    let has_input = route.docs.body.is_some() || route.docs.query.is_some() || route.idempotent;
    let has_parameters = !path_parameters(route.path).is_empty();
    let signed_in = route.access.authenticate.is_some();
    let (body, roles) = (route.docs.body.is_some(), !route.access.roles.is_empty());
    let (intent, unsafe_method) = (needs_intent(route), route.method.is_unsafe());
    let (idempotent, limited) = (route.idempotent, route.rate.is_some());
    REFUSALS.into_iter().filter(move |(status, _)| match status {
        400 => has_input || has_parameters,
        401 => signed_in,
        403 => roles || intent,
        404 => has_parameters,
        409 => unsafe_method,
        413 | 415 => body,
        422 => idempotent,
        429 => limited,
        _ => true,
    })
}

const REFUSALS: [(u16, &str); 11] = [
    (400, "The request is malformed or has invalid fields"),
    (401, "Nobody is signed in, or the session has ended"),
    (403, "This caller may not do that"),
    (404, "There is no such thing, or it is not the caller's"),
    (409, "It cannot be done in the present state, or somebody was faster"),
    (413, "The body is too large"),
    (415, "The body is not JSON"),
    (422, "The Idempotency-Key was used with another body"),
    (429, "Too many requests"),
    (500, "Something went wrong on our side"),
    (503, "Something we need is not answering; the same request may succeed in a moment"),
];

fn refusals(wing: &Wing) -> Value {
    let all = REFUSALS.into_iter().map(|(status, description)| {
        let code = if status == 400 {
            Some(codes::VALIDATION_FAILED)
        } else {
            codes::ALL.iter().copied().find(|code| code.status == status)
        };
        let mut content = json!({ "schema": reference("Error") });
        if let Some(code) = code {
            content["example"] = envelope::example(wing, code);
        }
        let mut refusal = json!({ "description": description, "content": { "application/json": content } });
        if matches!(status, 429 | 503) {
            refusal["headers"] = json!({
                "Retry-After": { "description": "Seconds to wait", "schema": { "type": "integer" } },
            });
        }
        (status.to_string(), refusal)
    });
    Value::Object(all.collect())
}

/// With the keys of every object in order: how a map keeps them depends on the features other crates turn on.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields: BTreeMap<_, _> =
                fields.into_iter().map(|(name, value)| (name, sorted(value))).collect();
            Value::Object(fields.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::testing, *};

    fn trial() -> Value {
        let house = testing::house();
        let (wing, functions) = house.wings[0];
        serde_json::from_str(&document(wing, functions).unwrap()).unwrap()
    }

    #[test]
    fn an_operation_tells_all_that_a_client_must_know() {
        let document = trial();
        let pay = &document["paths"]["/api/payments"]["post"];
        assert_eq!(pay["operationId"], "make-payment");
        assert_eq!(pay["tags"], json!(["payments"]));
        assert_eq!(pay["security"], json!([{ "cookie": [] }]));
        assert_eq!(pay["parameters"], json!([{ "$ref": "#/components/parameters/IdempotencyKey" }]));
        let statuses: Vec<_> = pay["responses"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(statuses, ["201", "400", "401", "403", "409", "413", "415", "422", "429", "500", "503"]);
        assert!(
            pay["description"].as_str().unwrap().contains("At most 5 calls in 60 seconds for each caller.")
        );
    }

    #[test]
    fn a_reply_stands_in_the_envelope_of_its_wing() {
        let document = trial();
        let schema = &document["paths"]["/api/payments"]["post"]["responses"]["201"]["content"]["application/json"]
            ["schema"];
        assert_eq!(schema["properties"]["status"]["const"], "success");
        assert_eq!(schema["properties"]["data"], json!({ "$ref": "#/components/schemas/MakePaymentReply" }));
        assert_eq!(
            document["components"]["schemas"]["Error"]["properties"]["code"],
            json!({ "type": "string" })
        );
    }

    #[test]
    fn a_query_becomes_parameters() {
        let document = trial();
        let parameters =
            document["paths"]["/api/accounts/{id}/payments"]["get"]["parameters"].as_array().unwrap();
        let names: Vec<_> =
            parameters.iter().map(|p| (p["name"].as_str().unwrap(), p["required"] == true)).collect();
        assert_eq!(names, [("id", true), ("limit", false), ("state", true)]);
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = trial();
        let text = document.to_string();
        for target in text.split("\"#/").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(document.pointer(&format!("/{target}")).is_some(), "{target} is nowhere");
        }
    }
}
