//! A task as Nomad would send it.

use nomad_driver_podman::adapters::nomad::proto::driver as wire;
use std::path::Path;

/// A task that sleeps, in an allocation below `work` made for it. Without logs, which the bare calls have not
/// either.
pub fn sleeper(work: &Path, image: &str, n: usize) -> wire::TaskConfig {
    let alloc_id = format!("bench-{}-{n}", std::process::id());
    let alloc_dir = work.join(&alloc_id);
    for dir in ["alloc", "t/local", "t/secrets"] {
        std::fs::create_dir_all(alloc_dir.join(dir)).unwrap();
    }
    let config = rmpv::Value::Map(vec![
        ("image".into(), image.into()),
        ("command".into(), "sleep".into()),
        ("args".into(), rmpv::Value::Array(vec!["600".into()])),
        ("network_mode".into(), "none".into()),
    ]);
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, &config).unwrap();
    wire::TaskConfig {
        id: format!("{alloc_id}/t/00000001"),
        name: "t".to_owned(),
        msgpack_driver_config: bytes.into(),
        alloc_id,
        alloc_dir: alloc_dir.to_string_lossy().into_owned(),
        stdout_path: "/dev/null".to_owned(),
        stderr_path: "/dev/null".to_owned(),
        resources: Some(wire::Resources {
            allocated_resources: Some(wire::AllocatedTaskResources {
                memory: Some(wire::AllocatedMemoryResources { memory_mb: 32, memory_max_mb: 0 }),
                ..Default::default()
            }),
            linux_resources: Some(wire::LinuxResources { cpu_shares: 100, ..Default::default() }),
            ..Default::default()
        }),
        ..Default::default()
    }
}
