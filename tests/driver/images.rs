//! When an image is got, as whom, and what a policy forbids.

use super::double::*;
use async_trait::async_trait;
use mockall::Sequence;
use nomad_driver_podman::domain::config::plugin::CredentialSources;
use nomad_driver_podman::domain::config::{PluginConfig, Value};
use nomad_driver_podman::domain::container::ContainerState;
use nomad_driver_podman::domain::image::{Account, ImageRef, PullPolicy};
use nomad_driver_podman::domain::secret::Secret;
use nomad_driver_podman::domain::task::TaskRequest;
use nomad_driver_podman::domain::task::identity::ContainerId;
use nomad_driver_podman::driver::DriverError;
use nomad_driver_podman::ports::runtime::{Change, Created};
use nomad_driver_podman::ports::{Credentials, ErrorKind, RuntimeError};

/// A source that knows one account, or fails.
struct Source(Result<&'static str, ErrorKind>);

#[async_trait]
impl Credentials for Source {
    async fn account(&self, _: &CredentialSources, _: &ImageRef) -> Result<Option<Account>, RuntimeError> {
        let account =
            |name: &str| Account { username: name.to_owned(), password: Secret::new("canary".to_owned()) };
        self.0.map(|name| Some(account(name))).map_err(error)
    }
}

fn with(options: &[(&'static str, Value)]) -> TaskRequest {
    let image = [("image", Value::from("quay.io/team/app:1"))];
    TaskRequest { config: Value::object(image.into_iter().chain(options.to_vec())), ..task() }
}

/// Lacks the image once; the account of the pull that follows must be this one.
fn pulled_as(expected: Option<&'static str>) -> MockRuntime {
    let mut runtime = runtime();
    let mut order = Sequence::new();
    let missing = |_: &_| Err(error(ErrorKind::ImageMissing));
    runtime.expect_create().times(1).in_sequence(&mut order).returning(missing);
    runtime
        .expect_pull()
        .times(1)
        .in_sequence(&mut order)
        .withf(move |request| request.account.as_ref().map(|account| account.username.as_str()) == expected)
        .returning(|_| Ok("sha".to_owned()));
    goes_on(&mut runtime);
    runtime
}

fn goes_on(runtime: &mut MockRuntime) {
    runtime.expect_create().returning(|_| Ok(Created { id: ContainerId::new(ID), warnings: vec![] }));
    runtime.expect_start().returning(|_| Ok(Change::Changed));
    runtime.expect_inspect().returning(|_| Ok(facts(ContainerState::Running)));
    runtime.expect_wait().returning(|_| Err(error(ErrorKind::Unavailable)));
}

#[tokio::test(start_paused = true)]
async fn the_account_is_the_tasks_else_the_operators() {
    let driver = driver_with(pulled_as(Some("operator")), Source(Ok("operator")));
    driver.start_task(with(&[])).await.unwrap();
    let auth = Value::object([("username", Value::from("own"))]);
    let driver = driver_with(pulled_as(Some("own")), Source(Err(ErrorKind::Rejected)));
    driver.start_task(with(&[("auth", auth)])).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_source_that_fails_fails_the_task_unless_it_says_otherwise() {
    let mut lacking = runtime();
    lacking.expect_create().returning(|_| Err(error(ErrorKind::ImageMissing)));
    lacking.expect_pull().never();
    let failed = driver_with(lacking, Source(Err(ErrorKind::Rejected))).start_task(with(&[])).await;
    assert!(matches!(failed, Err(DriverError::Runtime { .. })));
    let driver = driver_with(pulled_as(None), Source(Err(ErrorKind::Rejected)));
    driver.start_task(with(&[("auth_soft_fail", true.into())])).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_asks_first_creates_from_what_it_got() {
    let mut runtime = runtime();
    let always = |request: &_| {
        matches!(request, nomad_driver_podman::domain::image::PullRequest { policy: PullPolicy::Always, .. })
    };
    runtime.expect_pull().times(1).withf(always).returning(|_| Ok("sha".to_owned()));
    runtime
        .expect_create()
        .withf(|spec| spec.image.as_str() == "sha")
        .returning(|_| Ok(Created { id: ContainerId::new(ID), warnings: vec![] }));
    goes_on(&mut runtime);
    driver(runtime).start_task(with(&[("force_pull", true.into())])).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn with_policy_never_a_missing_image_is_the_end() {
    let mut runtime = runtime();
    runtime.expect_create().returning(|_| Err(error(ErrorKind::ImageMissing)));
    runtime.expect_pull().never();
    let failed = driver(runtime).start_task(with(&[("pull_policy", "never".into())])).await.unwrap_err();
    assert!(!failed.is_recoverable(), "{failed}");
}

#[tokio::test(start_paused = true)]
async fn what_the_operator_forbids_never_reaches_podman() {
    let driver = driver(runtime());
    let rules = Value::object([("allow_privileged", Value::from(false))]);
    driver.configure(PluginConfig::decode(&rules).unwrap(), None).unwrap();
    let refused = driver.start_task(with(&[("privileged", true.into())])).await.unwrap_err();
    assert!(matches!(refused, DriverError::Forbidden(_)) && !refused.is_recoverable());
    assert!(refused.to_string().contains("allow_privileged"), "{refused}");
}

#[test]
fn a_task_can_be_shown_without_its_secrets() {
    let auth = Value::object([("password", Value::from("canary"))]);
    let shown = format!("{:?}", with(&[("auth", auth)]));
    assert!(shown.contains("alloc-1") && !shown.contains("canary"), "{shown}");
}
