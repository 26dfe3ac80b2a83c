//! Believable data, through the public HTTP API only.
