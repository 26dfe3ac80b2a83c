//! The one operation of STS that tools ask before anything else: who am I?

use crate::names::Names;
use crate::observer::Service;
use crate::protocol::{Failure, Reply, escape_xml};

/// Answers `GetCallerIdentity`: the access key id stands for the user.
pub(crate) fn answer(operation: &str, access_key: &str, names: &Names, request_id: &str) -> Reply {
    if operation != "GetCallerIdentity" {
        let message = format!("{operation} is not served by the local STS");
        return Reply::failure(Service::Sts, &Failure::new(400, "InvalidAction", message), request_id);
    }
    let (user, account) = (escape_xml(access_key), &names.account);
    let result = format!(
        "<Arn>arn:aws:iam::{account}:user/{user}</Arn><UserId>{user}</UserId><Account>{account}</Account>"
    );
    Reply::xml(Service::Sts, operation, &result, request_id)
}
