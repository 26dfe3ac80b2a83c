//! The queues of a wing: each belongs to the stack of its consumer.
use shared::{
    function::{Consumer, Function, Trigger},
    wing::Wing,
};

use super::{
    super::yaml::{Map, attribute, sub},
    queue_id,
};

/// Fourteen days, the most there is: somebody must find, mend and redrive.
const DEAD_LETTERS_KEPT: u32 = 14 * 24 * 3600;

/// The consumers of a wing with their functions.
pub(super) fn consumers<'a>(
    functions: &[&'a Function],
) -> impl Iterator<Item = (&'a Function, &'a Consumer)> {
    functions.iter().filter_map(|function| match &function.trigger {
        Trigger::Queue(consumer) => Some((*function, consumer)),
        _ => None,
    })
}

pub(super) fn resources(functions: &[&Function]) -> Map {
    consumers(functions).fold(Map::new(), |map, (function, consumer)| {
        let (name, id) = (consumer.queue.name, queue_id(consumer.queue.name));
        let redrive = Map::new()
            .set("deadLetterTargetArn", attribute(format!("{id}Dlq.Arn")))
            .set("maxReceiveCount", consumer.queue.max_receive);
        let properties = Map::new()
            .set("QueueName", sub(format!("quintet-${{Stage}}-{name}")))
            .note("Six times the consumer's time-out, as Lambda asks: a message must not come back while it is worked on.")
            .set("VisibilityTimeout", 6 * function.timeout_s)
            .set("SqsManagedSseEnabled", true)
            .set("RedrivePolicy", redrive);
        map.set(id.clone(), Map::new().set("Type", "AWS::SQS::Queue").set("Properties", properties))
            .set(format!("{id}Dlq"), dead_letters(&format!("{name}-dlq")))
    })
}

/// Where failed runs of schedules and records that left the stream end up.
pub(super) fn failures(wing: &Wing) -> Map {
    Map::new().set("Failures", dead_letters(&format!("{}-failures", wing.name)))
}

fn dead_letters(name: &str) -> Map {
    let properties = Map::new()
        .set("QueueName", sub(format!("quintet-${{Stage}}-{name}")))
        .set("MessageRetentionPeriod", DEAD_LETTERS_KEPT)
        .set("SqsManagedSseEnabled", true);
    Map::new().set("Type", "AWS::SQS::Queue").set("Properties", properties)
}
