//! Signing in and out.
pub mod get_profile;
pub mod logout;
pub mod send_otp;
pub mod verify_otp;

use shared::identity::otp::Rules;

/// Sign-in codes: five minutes, five guesses (`spec/lending.md` 3.1; the brief says only that they expire).
pub const SIGN_IN: Rules = Rules {
    purpose: "sign-in",
    life_s: 300,
    attempts: 5,
    template: "{code} is your Pocket Credit sign-in code. It is valid for 5 minutes. Do not share it with anyone.",
};
