//! What holds for a translation as a whole, and the task that the tests of the topics share.

use super::*;
use crate::domain::config::{PluginConfig, TaskConfig, Value};
use crate::domain::container::spec::MountSource;
use crate::domain::container::translate::PathPurpose;
use crate::domain::fingerprint::RuntimeFacts;
use crate::domain::task::request::{Resources, TaskDirs, TaskMeta};
use crate::domain::task::{AllocId, TaskId, TaskRequest};
use std::path::PathBuf;

/// A task of an allocation that exists nowhere.
pub fn task() -> TaskRequest {
    TaskRequest {
        id: TaskId::new("alloc-1/web/00000001"),
        meta: TaskMeta {
            task_name: "web".to_owned(),
            alloc_id: AllocId::new("alloc-1"),
            group_name: "g".to_owned(),
            job_name: "j".to_owned(),
            job_id: "j1".to_owned(),
            namespace: "default".to_owned(),
            node_name: "n".to_owned(),
            node_id: "n1".to_owned(),
        },
        config: Value::Null,
        env: [("A", "1")].into_iter().collect(),
        resources: Resources::default(),
        mounts: vec![],
        devices: vec![],
        user: None,
        dirs: TaskDirs {
            alloc: PathBuf::from("/nowhere/alloc-1").into(),
            task_name: "web".to_owned(),
            stdout: PathBuf::from("/dev/null").into(),
            stderr: PathBuf::from("/dev/null").into(),
        },
        network: None,
        dns: None,
    }
}

fn planned(options: &[(&'static str, Value)], runtime: &RuntimeFacts) -> Plan {
    let image = [("image", Value::from("localhost/busybox"))];
    let config = TaskConfig::decode(&Value::object(image.into_iter().chain(options.to_vec()))).unwrap();
    plan(&task(), &config, Node { plugin: &PluginConfig::default(), runtime, cores: 2 }).unwrap()
}

#[test]
fn tasks_are_put_into_nomads_slice_where_there_are_slices() {
    let parent = |version, manager: &str| {
        let facts = RuntimeFacts {
            cgroup_version: version,
            cgroup_manager: manager.to_owned(),
            ..RuntimeFacts::default()
        };
        planned(&[], &facts).spec.cgroup_parent
    };
    assert_eq!(parent(2, "systemd").as_deref(), Some("nomad.slice"));
    assert_eq!((parent(2, "cgroupfs"), parent(1, "systemd")), (None, None));
}

#[test]
fn every_host_path_that_a_job_chooses_is_named() {
    let options = [
        ("image", Value::from("oci-archive:local/app.tar")),
        ("volumes", Value::from(vec!["/etc:/etc2"])),
        (
            "mount",
            Value::object(
                [("type", "bind"), ("source", "../x"), ("target", "/x")].map(|(k, v)| (k, v.into())),
            ),
        ),
        ("security_opt", Value::from(vec!["seccomp=/etc/s.json"])),
        ("init", true.into()),
        ("init_path", "/usr/bin/tini".into()),
    ];
    let plan = planned(&options, &RuntimeFacts::default());
    let paths: Vec<_> = plan.paths.iter().map(|path| (&path.purpose, path.path.to_str().unwrap())).collect();
    assert_eq!(
        paths,
        [
            (&PathPurpose::Mount("/etc2".to_owned()), "/etc"),
            (&PathPurpose::Mount("/x".to_owned()), "/nowhere/alloc-1/x"),
            (&PathPurpose::Archive, "/nowhere/alloc-1/web/local/app.tar"),
            (&PathPurpose::Seccomp, "/etc/s.json"),
            (&PathPurpose::Init, "/usr/bin/tini"),
        ]
    );
    assert!(plan.path_rule.is_none() && plan.pull.comes_first());
    let idle = planned(&[("init_path", "/usr/bin/tini".into())], &RuntimeFacts::default());
    assert_eq!(idle.paths, [], "nothing runs it");
}

#[test]
fn the_directories_of_the_allocation_come_first() {
    let plan = planned(&[], &RuntimeFacts::default());
    let targets: Vec<&str> = plan.spec.mounts.iter().map(|mount| mount.target.as_str()).collect();
    assert_eq!(targets, ["/alloc", "/local", "/secrets"]);
    assert!(plan.spec.mounts.iter().all(|mount| matches!(mount.source, MountSource::Bind(_))));
}
