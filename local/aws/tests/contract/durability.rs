//! What a directory keeps: items, messages, topics and the inbox survive the end of the process.

use std::path::Path;

use aws_sdk_sqs::types::QueueAttributeName;
use local_aws::{Cloud, OpenError, Options, Storage, VirtualClock};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::support::{Local, T, bodies, item_with, n, noon, queue_arn};

fn options(directory: &Path, clock: &VirtualClock) -> Options {
    let storage = Storage::Directory(directory.to_owned());
    Options { storage, ..Options::memory(clock.clone()) }
}

/// Runs `work` against a cloud on the directory, then closes the cloud.
async fn session<T>(directory: &Path, clock: &VirtualClock, work: impl AsyncFnOnce(&Local) -> T) -> T {
    let cloud = Cloud::open(options(directory, clock)).unwrap();
    let local = Local::stoppable(cloud).await;
    let result = work(&local.0).await;
    let (clients, stop, server) = local;
    drop(clients);
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
    result
}

#[tokio::test]
async fn items_tables_and_stream_survive_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let clock = VirtualClock::fixed(noon());
    let position = session(directory.path(), &clock, async |local: &Local| {
        local.create_table(T).await;
        local.put(item_with("p", "a", "v", n(1))).await;
        local.cloud.stream().latest(T)
    })
    .await;
    session(directory.path(), &clock, async |local: &Local| {
        assert_eq!(local.get("p", "a").await.unwrap()["v"], n(1));
        local.put(item_with("p", "b", "v", n(2))).await;
        assert_eq!(local.cloud.stream().read_after(T, position, 10).len(), 1);
    })
    .await;
}

#[tokio::test]
async fn expiry_follows_the_virtual_clock_also_in_a_file() {
    use aws_sdk_dynamodb::types::TimeToLiveSpecification;
    let directory = tempfile::tempdir().unwrap();
    let clock = VirtualClock::fixed(noon());
    session(directory.path(), &clock, async |local: &Local| {
        local.create_table(T).await;
        let ttl = TimeToLiveSpecification::builder().enabled(true).attribute_name("ttl").build().unwrap();
        local.db.update_time_to_live().table_name(T).time_to_live_specification(ttl).send().await.unwrap();
        local.put(item_with("p", "a", "ttl", n(noon().as_second() + 60))).await;
        local.cloud.sweep_ttl();
        assert!(local.get("p", "a").await.is_some());
        local.advance(61);
        local.cloud.sweep_ttl();
        assert!(local.get("p", "a").await.is_none());
    })
    .await;
}

#[tokio::test]
async fn messages_survive_a_restart_with_their_state() {
    let directory = tempfile::tempdir().unwrap();
    let clock = VirtualClock::fixed(noon());
    let (url, fifo) = session(directory.path(), &clock, async |local: &Local| {
        let url = local.queue("q", &[]).await;
        local.send(&url, "in flight").await;
        assert_eq!(local.receive(&url).await.len(), 1);
        for body in ["visible", "deleted"] {
            local.send(&url, body).await;
        }
        let got = local.receive_for(&url, Some(0)).await;
        local
            .sqs
            .delete_message()
            .queue_url(&url)
            .receipt_handle(got[1].receipt_handle().unwrap())
            .send()
            .await
            .unwrap();
        let attributes = [
            (QueueAttributeName::FifoQueue, "true"),
            (QueueAttributeName::ContentBasedDeduplication, "true"),
        ];
        let fifo = local.queue("q.fifo", &attributes).await;
        local
            .sqs
            .send_message()
            .queue_url(&fifo)
            .message_group_id("g")
            .message_body("x")
            .send()
            .await
            .unwrap();
        (url, fifo)
    })
    .await;
    session(directory.path(), &clock, async |local: &Local| {
        assert_eq!(bodies(&local.receive(&url).await), ["visible"]);
        local.advance(31);
        assert_eq!(bodies(&local.receive(&url).await), ["in flight", "visible"]);
        local
            .sqs
            .send_message()
            .queue_url(&fifo)
            .message_group_id("g")
            .message_body("x")
            .send()
            .await
            .unwrap();
        assert_eq!(bodies(&local.receive(&fifo).await), ["x"], "the deduplication id is remembered");
    })
    .await;
}

#[tokio::test]
async fn topics_endpoints_and_the_inbox_survive_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let clock = VirtualClock::fixed(noon());
    let (topic, before) = session(directory.path(), &clock, async |local: &Local| {
        let topic = local.sns.create_topic().name("t").send().await.unwrap().topic_arn.unwrap();
        local.queue("q", &[]).await;
        local
            .sns
            .subscribe()
            .topic_arn(&topic)
            .protocol("sqs")
            .endpoint(queue_arn("q"))
            .send()
            .await
            .unwrap();
        local.sns.publish().phone_number("+97455512345").message("first").send().await.unwrap();
        (topic, local.cloud.inbox())
    })
    .await;
    session(directory.path(), &clock, async |local: &Local| {
        assert_eq!(local.cloud.inbox(), before);
        local.sns.publish().phone_number("+97455512345").message("second").send().await.unwrap();
        assert_eq!(local.cloud.inbox().len(), 2);
        local.sns.publish().topic_arn(&topic).message("x").send().await.unwrap();
        assert_eq!(local.cloud.queues().depths()[0].visible, 1);
    })
    .await;
}

#[tokio::test]
async fn a_directory_in_use_and_a_damaged_file_are_told_in_one_sentence() {
    let directory = tempfile::tempdir().unwrap();
    let clock = VirtualClock::fixed(noon());
    let open = || Cloud::open(options(directory.path(), &clock));
    let first = open().unwrap();
    let second = open().err().unwrap();
    assert!(matches!(second, OpenError::InUse { .. }), "{second}");
    drop(first);
    for file in ["tables.db", "messages.db"] {
        for extra in ["", "-wal", "-shm"] {
            drop(std::fs::remove_file(directory.path().join(format!("{file}{extra}"))));
        }
        std::fs::write(directory.path().join(file), "this is no database, whatever its name says".repeat(50))
            .unwrap();
        let damaged = open().err().unwrap();
        assert!(matches!(damaged, OpenError::Damaged { .. }), "{damaged}");
        std::fs::remove_file(directory.path().join(file)).unwrap();
    }
}

impl Local {
    /// As [`Local::of`], on a server that can be stopped.
    async fn stoppable(cloud: Cloud) -> (Self, oneshot::Sender<()>, JoinHandle<std::io::Result<()>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let shared = cloud.clone();
        let server = tokio::spawn(async move { shared.serve(listener, async { drop(stopped.await) }).await });
        (Self::at(cloud, address), stop, server)
    }
}
