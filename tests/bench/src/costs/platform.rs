//! The walk through platform, which has no clients of its own.
use platform::{FUNCTIONS, WING};

use super::step::{Line, Steps, Who::Visitor, get};

/// The walk.
pub(super) const STEPS: Steps = Steps { wing: &WING, functions: FUNCTIONS, lines: LINES };

const LINES: &[Line] =
    &[get(Visitor, "/health"), get(Visitor, "/health/ready"), get(Visitor, "/openapi.json")];
