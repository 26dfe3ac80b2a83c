//! Signing in and out.
pub mod confirm_email;
pub mod end_session;
pub mod get_profile;
pub mod list_sessions;
pub mod logout;
pub mod logout_all;
pub mod send_otp;
pub mod update_profile;
pub mod verify_otp;

use shared::identity::otp::Rules;

/// Sign-in codes: five minutes, five guesses (`spec/lending.md` 3.1; the brief says only that they expire).
pub const SIGN_IN: Rules = Rules {
    purpose: "sign-in",
    life_s: 300,
    attempts: 5,
    template: "{code} is your Pocket Credit sign-in code. It is valid for 5 minutes. Do not share it with anyone.",
};

#[cfg(test)]
mod tests {
    use shared::messages::sms::places;

    use super::SIGN_IN;

    #[test]
    fn the_sign_in_code_fits_one_sms() {
        let text = SIGN_IN.template.replace("{code}", "012345");
        assert!(places(&text).is_some_and(|places| places <= 160), "{text}");
    }
}
