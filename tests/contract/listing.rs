//! `list`: all of ours, none of others'.

use crate::lab::Lab;
use crate::programs::{exit, forever};
use nomad_driver_podman::domain::container::labels::TASK_LABEL;
use nomad_driver_podman::domain::container::{ContainerFacts, ContainerState};

/// What is listed of this case; others run at the same time.
async fn listed(lab: &Lab) -> Vec<ContainerFacts> {
    let mut all = lab.runtime.list().await.unwrap();
    all.retain(|facts| facts.labels.get(TASK_LABEL) == Some(&lab.mark));
    all
}

pub async fn ours_are_listed_in_every_state(lab: &Lab) {
    let created = lab.create(&lab.spec([exit(0)])).await;
    let running = lab.run([forever()]).await;
    let (ended, _) = lab.end(&lab.spec([exit(7)])).await;
    let listed = listed(lab).await;
    assert_eq!(listed.len(), 3, "{listed:?}");
    let found = |id| listed.iter().find(|facts| facts.id == id).unwrap();
    assert_eq!(found(created).state, ContainerState::Created);
    assert_eq!(found(running).state, ContainerState::Running);
    let found = found(ended.id.clone());
    assert_eq!((found.state, found.exit_code, &found.name), (ContainerState::Exited, Some(7), &ended.name));
}

pub async fn those_of_others_are_not(lab: &Lab) {
    let mut foreign = lab.spec([exit(0)]);
    foreign.labels = [("app", "theirs")].into_iter().collect();
    let mut unlabelled = lab.spec([exit(0)]);
    unlabelled.labels.clear();
    for spec in [foreign, unlabelled] {
        let id = lab.create(&spec).await;
        let all = lab.runtime.list().await.unwrap();
        assert!(all.iter().all(|facts| facts.id != id), "{} is listed", spec.name);
    }
}

pub async fn labels_come_back_as_given(lab: &Lab) {
    let mut spec = lab.spec([exit(0)]);
    let odd = [("empty", ""), ("with=sign", "a=b,c"), ("quotes", "\"'\\\n"), ("unicode", "zażółć 🦆")];
    spec.labels.extend(odd.map(|(key, value)| (key.to_owned(), value.to_owned())));
    let id = lab.create(&spec).await;
    assert_eq!(lab.runtime.inspect(id.as_str()).await.unwrap().labels, spec.labels);
    assert_eq!(listed(lab).await[0].labels, spec.labels);
}
