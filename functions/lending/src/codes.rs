//! The public error codes of lending; those that all wings share stand in [`shared::codes`].
shared::codes! {
    RATE_MISMATCH = 400, "The rate or the instalment is not the one that we offer";
    PROFILE_INCOMPLETE = 403, "Complete your profile before you apply";
    COMPLETE_BASIC_FIRST = 409, "Complete the basic details first";
    PENDING_APPLICATION_EXISTS = 409, "You have an application under way";
    APPLICATION_OPEN = 409, "This cannot change while an application is open";
    OFFER_EXPIRED = 409, "The offer has expired";
    NOT_IN_THAT_STATE = 409, "Its present state does not allow that";
}
