//! A runtime that answers anything at all: the driver must neither panic nor hang, touch what is not ours, make an
//! exit up, or show a secret.

use super::double::*;
use nomad_driver_podman::domain::config::Value;
use nomad_driver_podman::domain::container::{ContainerFacts, ContainerState};
use nomad_driver_podman::domain::signal::Signal;
use nomad_driver_podman::domain::task::identity::ContainerId;
use nomad_driver_podman::domain::task::{ExitOutcome, Handle, TaskRequest};
use nomad_driver_podman::driver::{Driver, DriverError};
use nomad_driver_podman::ports::ErrorKind;
use nomad_driver_podman::ports::runtime::{Change, Created};
use nomad_driver_podman::simulation::rng::Rng;
use proptest::prelude::*;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SECRET: &str = "canary-5f1c";

/// The container that is not ours, whatever else is said of it.
const FOREIGN: &str = "f0re19";

/// Long enough for every bounded call.
const LONG: Duration = Duration::from_secs(24 * 3600);

const KINDS: [ErrorKind; 12] = [
    ErrorKind::NotFound,
    ErrorKind::ImageMissing,
    ErrorKind::NameInUse,
    ErrorKind::WrongState,
    ErrorKind::Unavailable,
    ErrorKind::OutcomeUnknown,
    ErrorKind::TimedOut,
    ErrorKind::RegistryUnavailable,
    ErrorKind::Rejected,
    ErrorKind::Unsupported,
    ErrorKind::Malformed,
    ErrorKind::Internal,
];

const STATES: [ContainerState; 7] = [
    ContainerState::Created,
    ContainerState::Running,
    ContainerState::Paused,
    ContainerState::Stopping,
    ContainerState::Exited,
    ContainerState::Removing,
    ContainerState::Unknown,
];

/// Where replies come from, and the exit codes that were among them.
#[derive(Clone)]
struct Chance(Arc<Mutex<(Rng, Vec<i32>)>>);

impl Chance {
    fn below(&self, end: u64) -> u64 {
        self.0.lock().unwrap().0.below(end)
    }

    fn or_error<T>(
        &self,
        value: impl FnOnce(&Self) -> T,
    ) -> Result<T, nomad_driver_podman::ports::RuntimeError> {
        match self.below(2) {
            0 => Err(error(KINDS[self.below(12) as usize])),
            _ => Ok(value(self)),
        }
    }

    fn facts(&self) -> ContainerFacts {
        let mut facts = facts(STATES[self.below(7) as usize]);
        facts.labels.insert("token".to_owned(), SECRET.to_owned());
        hides(&facts);
        if self.below(4) == 0 {
            return ContainerFacts { id: ContainerId::new(FOREIGN), labels: foreign(), ..facts };
        }
        let code = (self.below(2) == 0).then(|| i32::try_from(self.below(300)).unwrap() - 20);
        self.0.lock().unwrap().1.extend(code);
        ContainerFacts { exit_code: code, oom_killed: self.below(2) == 0, ..facts }
    }
}

fn arbitrary(chance: &Chance) -> MockRuntime {
    let mut runtime = runtime();
    let of = || chance.clone();
    let (a, b, c, d, e, f, g, h) = (of(), of(), of(), of(), of(), of(), of(), of());
    runtime.expect_pull().returning(move |request| {
        hides(request);
        a.or_error(|_| "id".to_owned())
    });
    runtime.expect_create().returning(move |spec| {
        hides(spec);
        b.or_error(|_| Created { id: ContainerId::new(ID), warnings: vec!["odd".to_owned()] })
    });
    runtime.expect_start().returning(move |_| c.or_error(|_| Change::Changed));
    runtime.expect_inspect().returning(move |_| d.or_error(Chance::facts));
    runtime.expect_wait().returning(move |_| e.or_error(Chance::facts));
    runtime.expect_signal().returning(move |id, _| {
        assert_ne!(id.as_str(), FOREIGN, "somebody else's container was signalled");
        f.or_error(|_| ())
    });
    runtime.expect_remove().returning(move |id| {
        assert_ne!(id.as_str(), FOREIGN, "somebody else's container was removed");
        g.or_error(|_| Change::Changed)
    });
    runtime.expect_list().returning(move || h.or_error(|chance| (0..3).map(|_| chance.facts()).collect()));
    runtime
}

fn secretive(network: &str) -> TaskRequest {
    let auth = Value::object([("username", Value::from("u")), ("password", Value::from(SECRET))]);
    let labels = Value::List(vec![Value::object([("token", Value::from(SECRET))])]);
    let config = Value::object([
        ("image", Value::from("localhost/busybox")),
        ("auth", auth),
        ("labels", labels),
        ("network_mode", Value::from(network)),
    ]);
    TaskRequest { config, env: [("TOKEN", SECRET)].into_iter().collect(), ..task() }
}

/// Whoever logs this shows no secret.
fn hides(value: &impl Debug) {
    let shown = format!("{value:?}");
    assert!(!shown.contains(SECRET), "{shown}");
}

/// The call ends, and nothing secret is in what it says.
async fn ends<T: Debug>(
    what: &str,
    call: impl Future<Output = Result<T, DriverError>>,
) -> Result<T, DriverError> {
    let answer = tokio::time::timeout(LONG, call).await.unwrap_or_else(|_| panic!("{what} does not end"));
    let shown = match &answer {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("{error} {error:?}"),
    };
    assert!(!shown.contains(SECRET), "{what}: {shown}");
    answer
}

async fn live(driver: &Driver, chance: &Chance) {
    let id = task().id;
    if chance.below(2) == 0 {
        let network = ["none", "bridge"][chance.below(2) as usize];
        drop(ends("StartTask", driver.start_task(secretive(network))).await);
    } else {
        let container = if chance.below(3) == 0 { FOREIGN } else { ID };
        let handle = Handle { container: ContainerId::new(container), ..handle() };
        let forgotten = TaskRequest { config: Value::Null, ..secretive("none") };
        drop(ends("RecoverTask", driver.recover_task(forgotten, &handle)).await);
    }
    drop(ends("SignalTask", driver.signal_task(&id, Signal::HUP)).await);
    if ends("StopTask", driver.stop_task(&id, Duration::from_secs(1), None)).await.is_ok()
        && let ExitOutcome::Known(exit) = ends("WaitTask", driver.wait_task(&id)).await.unwrap()
    {
        assert!(chance.0.lock().unwrap().1.contains(&exit.code), "exit {} was made up", exit.code);
    }
    drop(ends("DestroyTask", driver.destroy_task(&id, true)).await);
    let _ = driver.fingerprint().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_reply_is_too_strange(seed in any::<u64>()) {
        let executor = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        executor.block_on(async {
            let chance = Chance(Arc::new(Mutex::new((Rng::new(seed), vec![]))));
            let driver = driver(arbitrary(&chance));
            live(&driver, &chance).await;
            live(&driver, &chance).await;
        });
    }
}
