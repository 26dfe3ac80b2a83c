//! `bench gateway`: requests per second through the gateway of the local cloud, over real sockets.
mod connection;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use clap::Args;
use serde_json::json;
use shared::function::Method;
use tokio::task::JoinSet;

use self::connection::Connection;
use crate::{
    Fault,
    figures::{Figures, each},
    grid::{Grid, ms},
    house::House,
    machine,
    person::{Letter, Person},
};

/// The mobile number of the borrower who reads.
const MOBILE: &str = "9876543210";
/// So many requests come before those that count.
const WARM_UP: usize = 200;

/// How the gateway is measured.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Requests at most in each run
    #[arg(long, default_value_t = 5_000)]
    requests: usize,
    /// Seconds at most for each run
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Connections at the same time, run by run
    #[arg(long, value_delimiter = ',', default_values_t = [1, 8, 32])]
    connections: Vec<usize>,
}

/// A request that is sent again and again.
struct Read {
    path: &'static str,
    who: &'static str,
    bytes: Arc<[u8]>,
}

/// Measures each read with each number of connections.
pub(crate) async fn run(options: &Options) -> Result<(), Fault> {
    println!("{}", machine::description());
    let house = House::real().await?;
    let borrower = sign_in(&house).await?;
    let reads = [
        Read::new("/lending/health", "anybody", ""),
        Read::new("/lending/api/user/profile/status", "a borrower", &borrower.cookie),
    ];
    let mut grid = Grid::new(&[
        "request",
        ">connections",
        ">requests/s",
        ">p50 ms",
        ">p90 ms",
        ">p99 ms",
        ">max ms",
        ">DynamoDB ms",
        ">rest of the function ms",
        ">gateway, sockets, waiting ms",
        "statuses",
    ]);
    for read in &reads {
        measure(&house, read, 1, WARM_UP, options.seconds).await?;
        for &connections in &options.connections {
            let run = measure(&house, read, connections.max(1), options.requests, options.seconds).await?;
            grid.row(run.cells(read, connections));
        }
    }
    println!("{grid}");
    println!(
        "Client, gateway, function and DynamoDB engine share one process and its {} cores. The three columns of parts are means: \
         the time in the engine, the rest of the invocation (SDK, HTTP to the engine and back, handler), and what is left of the \
         client's latency.",
        std::thread::available_parallelism().map_or(0, usize::from)
    );
    house.cloud.stop().await;
    Ok(())
}

async fn sign_in(house: &House) -> Result<Person, Fault> {
    let mut person = Person::default();
    let post = |path, body| Letter { method: Method::Post, path, body: Some(body), if_match: None };
    let asking = json!({ "mobile": MOBILE });
    person.send(&house.cloud, post("/lending/api/auth/send-otp", &asking)).await;
    let inbox = house.cloud.inbox();
    let text = inbox.last().map(|entry| entry.body.as_str()).unwrap_or_default();
    let code = text.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 6);
    let proof = json!({ "mobile": MOBILE, "otp": code.unwrap_or_default() });
    let answer = person.send(&house.cloud, post("/lending/api/auth/verify-otp", &proof)).await;
    if answer.is_success() {
        Ok(person)
    } else {
        Err(format!("nobody can sign in: {}", answer.refusal()).into())
    }
}

impl Read {
    fn new(path: &'static str, who: &'static str, cookie: &str) -> Self {
        let cookie = if cookie.is_empty() { String::new() } else { format!("cookie: {cookie}\r\n") };
        let text = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nuser-agent: bench/1\r\n{cookie}\r\n");
        Self { path, who, bytes: text.into_bytes().into() }
    }
}

/// What one run has measured.
struct Run {
    latencies: Figures,
    total: Duration,
    elapsed: Duration,
    count: usize,
    statuses: BTreeMap<u16, usize>,
    dynamodb: Duration,
    invocation_ms: f64,
}

async fn measure(
    house: &House,
    read: &Read,
    connections: usize,
    requests: usize,
    seconds: u64,
) -> Result<Run, Fault> {
    let base = house.cloud.base_url();
    let address = base.trim_start_matches("http://").to_owned();
    let left = Arc::new(AtomicUsize::new(requests));
    let mut tasks = JoinSet::new();
    house.meter.take();
    let started = Instant::now();
    let end = started + Duration::from_secs(seconds);
    for _ in 0..connections {
        let (address, left, request) = (address.clone(), Arc::clone(&left), Arc::clone(&read.bytes));
        tasks.spawn(async move {
            let mut connection = Connection::open(&address).await?;
            let mut answered = Vec::new();
            let one_less = |left: usize| left.checked_sub(1);
            while Instant::now() < end
                && left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok()
            {
                let sent = Instant::now();
                let status = connection.exchange(&request).await?;
                answered.push((status, sent.elapsed()));
            }
            std::io::Result::Ok(answered)
        });
    }
    let mut answered = Vec::new();
    while let Some(joined) = tasks.join_next().await {
        answered.extend(joined??);
    }
    let elapsed = started.elapsed();
    let mut statuses = BTreeMap::new();
    for (status, _) in &answered {
        *statuses.entry(*status).or_default() += 1;
    }
    Ok(Run {
        latencies: Figures::of(answered.iter().map(|(_, latency)| *latency)),
        total: answered.iter().map(|(_, latency)| *latency).sum(),
        elapsed,
        count: answered.len(),
        statuses,
        dynamodb: house.meter.take().time,
        invocation_ms: mean_invocation(house, answered.len()),
    })
}

/// The mean of the last invocations: the log keeps some hundreds.
fn mean_invocation(house: &House, most: usize) -> f64 {
    let served = house.cloud.requests();
    let newest: Vec<f64> = served.iter().rev().take(most).map(|served| served.milliseconds).collect();
    newest.iter().sum::<f64>() / f64::from(u32::try_from(newest.len().max(1)).unwrap_or(u32::MAX))
}

impl Run {
    fn cells(&self, read: &Read, connections: usize) -> [String; 11] {
        let (mean, dynamodb) = (each(self.total, self.count), each(self.dynamodb, self.count));
        let per_second =
            f64::from(u32::try_from(self.count).unwrap_or(u32::MAX)) / self.elapsed.as_secs_f64();
        let percentile = |percent| ms(self.latencies.percentile(percent));
        let statuses: Vec<String> =
            self.statuses.iter().map(|(status, count)| format!("{status} × {count}")).collect();
        [
            format!("GET {}, {}", read.path, read.who),
            connections.to_string(),
            format!("{per_second:.0}"),
            percentile(50),
            percentile(90),
            percentile(99),
            ms(self.latencies.most()),
            ms(dynamodb),
            ms((self.invocation_ms - dynamodb).max(0.0)),
            ms((mean - self.invocation_ms).max(0.0)),
            statuses.join(", "),
        ]
    }
}
