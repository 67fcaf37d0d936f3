//! Host paths, when the operator allows only those inside the allocation.

use super::SERVICE;
use crate::lab::Lab;
use serde_json::json;
use std::fs::{create_dir, set_permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

fn disabled() -> serde_json::Value {
    json!({ "volumes": { "enabled": false } })
}

pub async fn paths_that_leave_the_allocation_are_refused(lab: &Lab) {
    let plugin = lab.plugin_with(disabled()).await;
    for path in ["/etc", "../..", "local/../../../..", "local/link", "local/link/inner", "local/dangling"] {
        let task = lab.task(SERVICE);
        symlink("/etc", task.local("link")).unwrap();
        symlink("/no/such/target", task.local("dangling")).unwrap();
        let task = task.with(json!({ "volumes": [format!("{path}:/in")] }));
        let refused = plugin.start(&task).await.err().unwrap();
        assert!(refused.message.contains("volume"), "{path}: {refused:?}");
        assert!(!refused.recoverable, "{path}: {refused:?}");
        assert_eq!(lab.containers_of(&task), [""; 0]);
    }
}

pub async fn paths_inside_the_allocation_are_mounted(lab: &Lab) {
    let plugin = lab.plugin_with(disabled()).await;
    let task = lab.task("write /in/file from\\x20inside");
    let dir = task.local("data");
    create_dir(&dir).unwrap();
    set_permissions(&dir, std::fs::Permissions::from_mode(0o777)).unwrap();
    symlink("data", task.local("link")).unwrap();
    let task = task.with(json!({ "volumes": ["local/link:/in"] }));
    plugin.start(&task).await.unwrap();
    assert_eq!(plugin.exit_code(task.id()).await, 0);
    assert_eq!(std::fs::read_to_string(dir.join("file")).unwrap(), "from inside");
}
