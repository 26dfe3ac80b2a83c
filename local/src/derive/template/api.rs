//! The HTTP API of a wing.
use shared::wing::Wing;

use super::{
    super::yaml::{Map, attribute, reference, sub},
    log_group,
};

/// What browsers may send, and what pages may read of the replies.
const REQUEST_HEADERS: [&str; 5] =
    ["authorization", "content-type", "idempotency-key", "if-match", "x-csrf-token"];
const REPLY_HEADERS: [&str; 5] =
    ["content-disposition", "etag", "idempotent-replayed", "retry-after", "x-request-id"];

pub(super) fn resources(wing: &Wing) -> Map {
    let cors = Map::new()
        .set("AllowOrigins", reference("AllowedOrigins"))
        .set("AllowMethods", vec!["GET", "POST", "PUT", "DELETE", "OPTIONS"])
        .set("AllowHeaders", REQUEST_HEADERS.to_vec())
        .set("ExposeHeaders", REPLY_HEADERS.to_vec())
        .set("AllowCredentials", wing.credentials)
        .set("MaxAge", 600);
    let throttling = Map::new()
        .note("For each route: what one endpoint may take of the account's concurrency.")
        .set("ThrottlingBurstLimit", 100)
        .set("ThrottlingRateLimit", 50)
        .set("DetailedMetricsEnabled", true);
    let properties = Map::new()
        .set("Name", sub(format!("quintet-${{Stage}}-{}", wing.name)))
        .note("Any other stage would stand in the path that the function sees.")
        .set("StageName", "$default")
        .set("CorsConfiguration", cors)
        .set("DefaultRouteSettings", throttling)
        .set("AccessLogSettings", access_log());
    Map::new()
        .set("Api", Map::new().set("Type", "AWS::Serverless::HttpApi").set("Properties", properties))
        .set("ApiLog", log_group(&format!("/quintet/${{Stage}}/{}/api", wing.name)))
}

/// No query and no path with its ids: only the route, so that the log holds no personal data.
fn access_log() -> Map {
    let fields = [
        ("requestId", "requestId"),
        ("time", "requestTimeEpoch"),
        ("ip", "identity.sourceIp"),
        ("route", "routeKey"),
        ("status", "status"),
        ("latency", "responseLatency"),
        ("error", "integrationErrorMessage"),
    ];
    let fields: Vec<_> =
        fields.iter().map(|(name, variable)| format!("\"{name}\":\"$context.{variable}\"")).collect();
    let format = format!("{{{}}}", fields.join(","));
    Map::new().set("DestinationArn", attribute("ApiLog.Arn")).set("Format", format)
}

pub(super) fn outputs() -> Map {
    let url = sub("https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}");
    Map::new()
        .set("ApiUrl", Map::new().set("Description", "Where the API answers").set("Value", url))
        .set("ApiId", Map::new().set("Description", "For the custom domain").set("Value", reference("Api")))
}
