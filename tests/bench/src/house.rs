//! A local cloud to measure, and a door of our own into its table.
use std::sync::Arc;

use jiff::Timestamp;
use local::{LocalCloud, Options, VirtualClock, identity};
use shared::{
    app::App,
    aws::{Aws, http_client},
    clock::Clock,
    function::{Function, Need},
    identity::vault::{FIELD_KEY, LOOKUP_KEY},
    random::SeededRandom,
    table::Index,
};

use crate::{Fault, meter::Meter};

/// When every walk begins: a Monday, ten in the morning in India.
pub(crate) const BEGIN: &str = "2026-01-05T04:30:00Z";

/// What stores things before anything is measured. No Lambda is made of it.
static STOREKEEPER: Function = Function {
    name: "bench-storekeeper",
    module: module_path!(),
    wing: &lending::WING,
    summary: "Store what the benchmark needs",
    needs: &[
        Need::Get,
        Need::BatchGet,
        Need::QueryIndex(Index::Gsi1),
        Need::Put,
        Need::Update,
        Need::Secret(&FIELD_KEY),
        Need::Secret(&LOOKUP_KEY),
    ],
    ..Function::WORKER
};

/// A local cloud in memory with what the benchmark adds.
pub(crate) struct House {
    /// The cloud.
    pub cloud: LocalCloud,
    /// What its DynamoDB takes.
    pub meter: Arc<Meter>,
    /// The storekeeper's way into the table.
    pub store: App,
}

impl House {
    /// A house that always runs the same: its clock stands at [`BEGIN`] and its randomness is seeded.
    pub async fn repeatable() -> Result<Self, Fault> {
        let begin: Timestamp = BEGIN.parse()?;
        Self::open(Options { random: Arc::new(SeededRandom::new(7)), ..Options::at(begin) }).await
    }

    /// A house by the machine's clock, as real binaries need it.
    pub async fn real() -> Result<Self, Fault> {
        Self::open(Options::memory()).await
    }

    async fn open(options: Options) -> Result<Self, Fault> {
        let meter = Arc::new(Meter::default());
        let clock = Arc::new(HouseClock(options.clock.clone()));
        let cloud =
            LocalCloud::start(Options { observers: vec![Arc::clone(&meter) as _], ..options }).await?;
        let aws = Aws::new(identity::config(identity::PERSON, cloud.aws_url()), http_client());
        let store = App::connect(&STOREKEEPER, &aws, clock, Arc::new(SeededRandom::new(11))).await;
        let store = store.map_err(|error| format!("the storekeeper cannot start: {error:?}"))?;
        Ok(Self { cloud, meter, store })
    }
}

/// The clock of the local cloud, as `shared` knows clocks.
struct HouseClock(VirtualClock);

impl Clock for HouseClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}
