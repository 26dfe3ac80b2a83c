//! The public error codes that every wing shares. A wing's own codes stand in its `codes.rs`.
crate::codes! {
    MALFORMED_BODY = 400, "The body is not valid JSON";
    VALIDATION_FAILED = 400, "The request has invalid fields";
    INVALID_CURSOR = 400, "The cursor is not one of this list";
    INVALID_OTP = 400, "The code is not right";
    OTP_EXPIRED = 400, "The code has expired; ask for a new one";
    OTP_SPENT = 400, "Too many wrong codes; ask for a new one";
    NOT_SIGNED_IN = 401, "Sign in first";
    SESSION_EXPIRED = 401, "The session has ended; sign in again";
    WRONG_CREDENTIALS = 401, "The sign-in details are not right";
    TOTP_REQUIRED = 401, "Send the code of the authenticator app as well";
    INVALID_TOTP = 401, "The authenticator code is not right";
    CODE_ALREADY_USED = 401, "This code was used already; wait for the next one";
    PASSWORD_EXPIRED = 403, "The temporary password has expired; ask an admin for another";
    SETUP_INCOMPLETE = 403, "Choose a password and enrol an authenticator first";
    CSRF_REQUIRED = 403, "Send the X-CSRF-Token of this session";
    FORBIDDEN = 403, "This account may not do that";
    ACCOUNT_BLOCKED = 403, "This account is blocked; contact support";
    NOT_FOUND = 404, "There is no such thing";
    UNKNOWN_PATH = 404, "There is no such path";
    METHOD_NOT_ALLOWED = 405, "This path does not take that method";
    CHANGED_MEANWHILE = 409, "Somebody changed this at the same moment; load it again";
    IDEMPOTENCY_IN_PROGRESS = 409, "The first request with this Idempotency-Key is still running";
    DUPLICATE_ENTRY = 409, "One of these details is already in use";
    TRANSFER_EXISTS = 409, "This transfer is already in the books";
    TRANSFER_DIFFERS = 409, "Another transfer with this id is in the books";
    TRANSFER_REVERSED = 409, "This transfer was reversed before";
    PRECONDITION_FAILED = 412, "If-Match does not fit the current version";
    BODY_TOO_LARGE = 413, "The body is too large";
    UNSUPPORTED_MEDIA_TYPE = 415, "Send application/json";
    IDEMPOTENCY_KEY_REUSED = 422, "This Idempotency-Key was used with another body";
    PRECONDITION_REQUIRED = 428, "Send If-Match with the version you loaded";
    TOO_MANY_REQUESTS = 429, "Too many requests; try again later";
    INTERNAL = 500, "Something went wrong on our side";
    UNAVAILABLE = 503, "A service we need is not answering; try again shortly";
}
