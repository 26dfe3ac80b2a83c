//! The public error codes of lending; those that all wings share stand in [`shared::codes`].
use std::fmt::Debug;

use serde::Serialize;
use shared::error::Error;

use crate::loan::state::CannotTransition;

shared::codes! {
    RATE_MISMATCH = 400, "The rate or the instalment is not the one that we offer";
    NO_SUCH_CONFIRMATION = 400, "This confirmation does not fit or is too old; change the address again";
    PROFILE_INCOMPLETE = 403, "Complete your profile before you apply";
    NOT_ELIGIBLE = 403, "You cannot borrow at present";
    MAKER_IS_CHECKER = 403, "Somebody else must approve what you proposed";
    COMPLETE_BASIC_FIRST = 409, "Complete the basic details first";
    PENDING_APPLICATION_EXISTS = 409, "You have an application under way";
    APPLICATION_OPEN = 409, "This cannot change while an application is open";
    OFFER_EXPIRED = 409, "The offer has expired";
    LAST_ADMIN = 409, "The last active admin must stay";
    ADMIN_EXISTS = 409, "There is an admin already";
    KFS_CHANGED = 409, "This is not the statement of the offer; load it again";
    ALREADY_ASSIGNED = 409, "Another officer has this application";
    DETAILS_MISSING = 409, "The borrower must give more details before an offer can be made";
    ABOVE_SANCTIONED_LIMIT = 409, "This is more than the borrower's income bears";
    BORROWER_BLOCKED = 409, "The borrower is blocked";
    NOT_IN_THAT_STATE = 409, "Its present state does not allow that";
    ALREADY_GIVEN = 409, "You gave this already; change it instead";
    NAME_MISMATCH = 409, "The account must be in your own name";
    DISBURSAL_STARTED = 409, "The payout has started; the account cannot change any more";
    ACCOUNT_IN_USE = 409, "This account is in use; choose another one first";
    NO_BANK_ACCOUNT = 409, "The borrower has not chosen the account that the money goes to";
    RECEIPT_EXISTS = 409, "Money with this reference is recorded already";
    TOO_LITTLE_TO_FORECLOSE = 409, "This does not settle the loan on that day";
    SECOND_PERSON_NEEDED = 409, "Somebody else must confirm what you asked for";
    NOT_SETTLED = 409, "The loan is not settled yet";
}

/// A step that the present state does not allow is a conflict; the client hears where the thing stands.
impl<S: Debug + Serialize, E: Debug> From<CannotTransition<S, E>> for Error {
    fn from(refused: CannotTransition<S, E>) -> Self {
        Error::new(NOT_IN_THAT_STATE).with("status", serde_json::to_value(refused.from).unwrap_or_default())
    }
}
