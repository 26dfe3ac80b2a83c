//! API Gateway's payload 2.0 in, its reply out, through `lambda_http`.
use std::net::IpAddr;

use axum::{
    body::{Body, to_bytes},
    http::Response,
};
use lambda_http::{
    Adapter, RequestExt as _,
    request::{LambdaRequest, RequestContext},
};
use lambda_runtime::{Context, LambdaEvent, service_fn, tower::Service as _};
use serde_json::value::{RawValue, to_raw_value};

use super::Failure;
use crate::{
    app::App,
    function::Function,
    http::{Source, answer},
};

pub(super) async fn handle(
    function: &'static Function,
    app: &App,
    event: &RawValue,
    context: Context,
) -> Result<Box<RawValue>, Failure> {
    let event: LambdaRequest = serde_json::from_str(event.get())?;
    let mut adapter = Adapter::from(service_fn(|request: lambda_http::Request| async move {
        let (request_id, source) = match request.request_context_ref() {
            Some(RequestContext::ApiGatewayV2(gateway)) => (
                gateway.request_id.clone(),
                gateway.http.source_ip.as_deref().and_then(|ip| ip.parse::<IpAddr>().ok()),
            ),
            _ => (None, None),
        };
        let request_id = request_id.or_else(|| Some(request.lambda_context_ref()?.request_id.clone()));
        let request = request.map(|body| Body::from(body.to_vec()));
        let response = answer(function, app, request, request_id.unwrap_or_default(), Source(source)).await;
        whole(response).await
    }));
    let reply = adapter.call(LambdaEvent::new(event, context)).await?;
    Ok(to_raw_value(&reply)?)
}

/// The reply with its body in one piece: as text where it is text, otherwise in base64.
async fn whole(response: Response<Body>) -> Result<Response<lambda_http::Body>, Failure> {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await?;
    let body = match String::from_utf8(bytes.into()) {
        Ok(text) => lambda_http::Body::Text(text),
        Err(binary) => lambda_http::Body::Binary(binary.into_bytes()),
    };
    Ok(Response::from_parts(parts, body))
}
