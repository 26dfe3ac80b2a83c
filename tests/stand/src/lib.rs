//! The test stand.
