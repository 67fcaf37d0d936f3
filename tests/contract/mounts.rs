//! Mounts, seen from both sides.

use crate::lab::Lab;
use crate::programs::{exit, out, read, write};
use nomad_driver_podman::adapters::memory::Step;
use nomad_driver_podman::domain::container::ContainerSpec;
use nomad_driver_podman::domain::container::facts::Bind;
use nomad_driver_podman::domain::container::spec::{Mount, MountSource, NamedVolume};
use std::path::Path;

fn mount(target: &str, source: MountSource, options: &[&str]) -> Mount {
    let options = options.iter().map(|option| (*option).to_owned()).collect();
    Mount { target: target.to_owned(), source, options }
}

fn bind(target: &str, path: &Path, options: &[&str]) -> Mount {
    mount(target, MountSource::Bind(path.to_str().unwrap().to_owned()), options)
}

pub async fn a_bind_goes_both_ways(lab: &Lab) {
    let dir = lab.dir();
    std::fs::write(dir.join("from-host"), "hello\n").unwrap();
    let program = [read("/data/from-host"), write("/data/from-container", "hi\n")];
    let spec = ContainerSpec { mounts: vec![bind("/data", &dir, &[])], ..lab.spec(program) };
    let (facts, output) = lab.end(&spec).await;
    assert_eq!((facts.exit_code, output.text().as_str()), (Some(0), "hello\n"));
    let binds = lab.runtime.inspect(facts.id.as_str()).await.unwrap().binds;
    let seen = Bind { source: dir.to_str().unwrap().to_owned(), target: "/data".to_owned() };
    assert_eq!(binds, [seen]);
    assert_eq!(std::fs::read_to_string(dir.join("from-container")).unwrap(), "hi\n");
}

pub async fn a_read_only_bind_refuses_writes(lab: &Lab) {
    let dir = lab.dir();
    std::fs::write(dir.join("x"), "old\n").unwrap();
    let program = [read("/data/x"), write("/data/x", "new\n"), exit(0)];
    let spec = ContainerSpec { mounts: vec![bind("/data", &dir, &["ro"])], ..lab.spec(program) };
    let (facts, output) = lab.end(&spec).await;
    assert_eq!((facts.exit_code, output.text().as_str()), (Some(1), "old\n"));
    let reason = String::from_utf8(output.stderr).unwrap();
    assert!(reason.contains("Read-only file system"), "{reason}");
    assert_eq!(std::fs::read_to_string(dir.join("x")).unwrap(), "old\n");
}

pub async fn a_tmpfs_is_memory_of_its_own(lab: &Lab) {
    let program =
        [Step::PrintMount("/scratch".to_owned()), write("/scratch/x", "kept\n"), read("/scratch/x")];
    let tmpfs = mount("/scratch", MountSource::Tmpfs, &[]);
    let spec = ContainerSpec { mounts: vec![tmpfs], ..lab.spec(program) };
    assert_eq!(lab.end(&spec).await.1.text(), "tmpfs\nkept\n");
}

pub async fn a_tmpfs_keeps_to_its_size(lab: &Lab) {
    let program = [write("/scratch/x", "fits"), out("first\n"), write("/scratch/y", "x".repeat(20_000))];
    let tmpfs = mount("/scratch", MountSource::Tmpfs, &["size=8k"]);
    let spec = ContainerSpec { mounts: vec![tmpfs], ..lab.spec(program) };
    let (facts, output) = lab.end(&spec).await;
    assert_eq!((facts.exit_code, output.text().as_str()), (Some(1), "first\n"));
}

pub async fn a_volume_is_made_as_asked_and_then_shared(lab: &Lab) {
    let labels = [("team", "core")].into_iter().collect();
    let volume = NamedVolume { name: lab.volume(), labels, ..NamedVolume::default() };
    for _ in 0..2 {
        let source = MountSource::Volume(volume.clone());
        let spec = ContainerSpec { mounts: vec![mount("/data", source, &[])], ..lab.spec([exit(0)]) };
        assert_eq!(lab.end(&spec).await.0.exit_code, Some(0));
    }
}
