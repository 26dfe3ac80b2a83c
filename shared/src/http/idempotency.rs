//! `Idempotency-Key`: a request that is sent again is answered again, not carried out again.
//!
//! Semantics of `spec/common.md` 2.0, in the manner of AWS Powertools: the key lives for 24 hours per wing, caller and
//! function. The first request runs; a second one meanwhile is 409; after it, the stored reply is replayed; the same key with
//! another body is 422. Validation errors (400) and failures of ours (5xx) are not kept, so a corrected or repeated request
//! may use the key again. If the function died in between, the key is free again once it cannot be running any more.
use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    codes, crypto,
    error::Error,
    function::Function,
    table::{Address, Entity, Key, Stored, Write},
};

/// How long a key is remembered.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);

/// A key as a client sends it: 1 to 255 visible ASCII characters.
#[derive(Debug)]
pub struct IdempotencyKey(String);

/// The key of a request, if it has one.
pub fn key_of(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Error> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    if (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
        Ok(Some(IdempotencyKey(text.to_owned())))
    } else {
        Err(Error::invalid_field("Idempotency-Key", "format", "must be 1 to 255 visible characters"))
    }
}

/// What is kept of a request.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    scope: String,
    wing: String,
    body_hash: String,
    started_at: Timestamp,
    /// Until then the first request may still be running.
    running_until: Timestamp,
    reply: Option<KeptReply>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct KeptReply {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Kept {
    fn at(wing: &str, scope: &str) -> Address<Self> {
        Address::new(format!("{wing}#IDEMPOTENCY#{scope}"), "IDEMPOTENCY")
    }
}

impl Entity for Kept {
    const NAME: &'static str = "idempotency";

    fn key(&self) -> Key {
        Kept::at(&self.wing, &self.scope).key
    }

    fn expires_at(&self) -> Option<Timestamp> {
        self.started_at.checked_add(REMEMBERED).ok()
    }
}

/// What a request with a key may do.
pub(super) enum Entry {
    /// Run, and hand in the reply.
    First(Ticket),
    /// Nothing: here is what the first one was answered.
    Replay(Response<Body>),
}

/// The right to run, held by one request.
pub(super) struct Ticket(Kept);

/// Takes the key for this request, or finds what became of the one that did.
pub(super) async fn enter(
    app: &App,
    function: &Function,
    who: &str,
    key: &IdempotencyKey,
    body: &[u8],
) -> Result<Entry, Error> {
    let now = app.now();
    let scope = crypto::sha256(format!("{}\0{who}\0{}", function.name, key.0).as_bytes());
    // Twice the time-out: longer than the function can live, including what its calls may still do after it gave up.
    let limit = SignedDuration::from_secs(i64::from(function.timeout_s) * 2);
    let fresh = Kept {
        scope: hex::encode(scope),
        wing: function.wing.tag.to_owned(),
        body_hash: hex::encode(crypto::sha256(body)),
        started_at: now,
        running_until: now.checked_add(limit).unwrap_or(now),
        reply: None,
    };
    let Some(found) = app.table().get(Kept::at(&fresh.wing, &fresh.scope)).await? else {
        app.table().write(Write::new().create(&fresh).or(codes::IDEMPOTENCY_IN_PROGRESS)).await?;
        return Ok(Entry::First(Ticket(fresh)));
    };
    let gone = found.started_at.checked_add(REMEMBERED).is_ok_and(|end| end <= now);
    if gone || (found.reply.is_none() && found.running_until <= now) {
        let taken = Stored { value: fresh.clone(), ..found };
        app.table().write(Write::new().replace(&taken).or(codes::IDEMPOTENCY_IN_PROGRESS)).await?;
        return Ok(Entry::First(Ticket(fresh)));
    }
    if found.body_hash != fresh.body_hash {
        return Err(codes::IDEMPOTENCY_KEY_REUSED.into());
    }
    match &found.reply {
        None => Err(Error::new(codes::IDEMPOTENCY_IN_PROGRESS).retry_after(1)),
        Some(reply) => Ok(Entry::Replay(reply.response())),
    }
}

/// Headers of a reply that are part of it and are kept; the edge adds the others again. Cookies are not: a replay must not
/// hand out a session.
const KEPT_HEADERS: [HeaderName; 3] = [header::CONTENT_TYPE, header::ETAG, header::RETRY_AFTER];

impl Ticket {
    /// Keeps the reply, or frees the key where the request may be made again.
    pub(super) async fn leave(self, app: &App, response: Response<Body>) -> Result<Response<Body>, Error> {
        let status = response.status();
        if status == StatusCode::BAD_REQUEST
            || status == StatusCode::TOO_MANY_REQUESTS
            || status.is_server_error()
        {
            app.table().write(Write::new().erase(Kept::at(&self.0.wing, &self.0.scope))).await?;
            return Ok(response);
        }
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.map_err(Error::internal)?;
        let headers = KEPT_HEADERS.iter().filter_map(|name| {
            let value = parts.headers.get(name)?.to_str().ok()?;
            Some((name.as_str().to_owned(), value.to_owned()))
        });
        let reply = KeptReply {
            status: parts.status.as_u16(),
            headers: headers.collect(),
            body: String::from_utf8_lossy(&bytes).into_owned(),
        };
        let done = Kept { reply: Some(reply), ..self.0 };
        // The work is done. If its reply cannot be kept, the client still gets it, and a repeat meets the rules of the thing
        // itself once the key is free again.
        if let Err(error) = app.table().write(Write::new().overwrite(&done)).await {
            tracing::warn!(cause = error.cause_chain(), "the reply was not kept for its idempotency key");
        }
        Ok(Response::from_parts(parts, Body::from(bytes)))
    }
}

impl KeptReply {
    fn response(&self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body.clone()));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or_default();
        let headers = response.headers_mut();
        for (name, value) in &self.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                headers.insert(name, value);
            }
        }
        headers.insert("idempotent-replayed", HeaderValue::from_static("true"));
        response
    }
}
