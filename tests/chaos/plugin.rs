//! The plugin is killed.

use crate::census::{census, open_files};
use crate::lab::Lab;
use crate::life::{Chance, Life};
use serde_json::json;
use std::time::Duration;

const KILLS: i32 = 10;

/// Within this time most of a start, a stop and a flood have happened.
const ROUND: Duration = Duration::from_millis(800);

pub async fn killed_ten_times(lab: &Lab) {
    let (before, mut chance) = (census(lab), Chance::new());
    let config = json!({ "recover_stopped": false });
    let mut lives: Vec<Life> = Vec::new();
    for round in 0..KILLS {
        let plugin = lab.plugin_with(config.clone()).await;
        for life in &lives {
            life.recover(&plugin).await;
        }
        lives.push(Life::new(lab, 10 + round));
        let last = lives.len() - 1;
        let (old, new) = lives.split_at_mut(last);
        let moment = chance.moment(ROUND);
        let kill = async {
            tokio::time::sleep(moment).await;
            plugin.process.kill().await;
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
    let plugin = lab.plugin_with(config).await;
    let files = open_files(plugin.process.pid);
    for life in &mut lives {
        life.recover(&plugin).await;
        life.end(&plugin, lab).await;
    }
    assert_eq!(open_files(plugin.process.pid).len(), files.len(), "open files are left: {files:?}");
    assert_eq!(census(lab), before);
}
