//! Podman's service is killed.

use crate::census::{census, open_files};
use crate::lab::Lab;
use crate::life::{Chance, Life};
use serde_json::json;
use std::time::Duration;
use tokio::process::Command;

const KILLS: i32 = 10;

/// Within this time most of a start, a stop and a flood have happened.
const ROUND: Duration = Duration::from_millis(500);

/// Ends or begins the service of the instance.
async fn podman(verb: &str) {
    let variable = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
    let done = Command::new(variable("NDP_PODMAN_CTL")).args([verb, &variable("NDP_PODMAN_ARM")]).output();
    let done = done.await.unwrap();
    assert!(done.status.success(), "{verb}: {}", String::from_utf8_lossy(&done.stderr));
}

pub async fn dead_for_a_while(lab: &Lab) {
    let before = census(lab);
    let plugin = lab.plugin().await;
    crate::outage::survived(lab, &plugin, podman("kill"), podman("start")).await;
    assert_eq!(census(lab), before);
}

pub async fn killed_ten_times(lab: &Lab) {
    let (before, mut chance) = (census(lab), Chance::new());
    let plugin = lab.plugin_with(json!({ "recover_stopped": false })).await;
    let files = open_files(plugin.process.pid);
    let mut lives: Vec<Life> = Vec::new();
    for round in 0..KILLS {
        lives.push(Life::new(lab, 10 + round));
        let last = lives.len() - 1;
        let (old, new) = lives.split_at_mut(last);
        let moment = chance.moment(ROUND);
        let kill = async {
            tokio::time::sleep(moment).await;
            podman("kill").await;
            podman("start").await;
        };
        let stop = async {
            if let Some(life) = old.iter().rev().find(|life| life.handle.is_some()) {
                life.stop(&plugin).await;
            }
        };
        if round % 2 == 0 {
            tokio::join!(kill, stop, new[0].start(&plugin));
        } else {
            // The flood is on, and one that ran before is being stopped.
            new[0].start(&plugin).await;
            tokio::join!(kill, stop);
        }
        println!("killed after {moment:?}; started: {}", new[0].handle.is_some());
    }
    for life in &mut lives {
        life.end(&plugin, lab).await;
    }
    assert_eq!(open_files(plugin.process.pid).len(), files.len(), "open files are left: {files:?}");
    assert_eq!(census(lab), before);
}
