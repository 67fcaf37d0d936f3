//! Paths lead where a container's mounts lead them.

use super::super::tests::spec;
use super::*;

fn mount(target: &str, source: MountSource, options: &[&str]) -> Mount {
    let options = options.iter().map(|option| (*option).to_owned()).collect();
    Mount { target: target.to_owned(), source, options }
}

fn files(mounts: Vec<Mount>) -> Files {
    Files::new(&ContainerSpec { mounts, ..spec("files", "true") }, "box")
}

#[test]
fn binds_are_the_hosts_files() {
    let dir = tempfile::tempdir().unwrap();
    let host = dir.path().to_str().unwrap().to_owned();
    let files = files(vec![
        mount("/rw", MountSource::Bind(host.clone()), &[]),
        mount("/rw/ro", MountSource::Bind(host), &["ro", "rbind"]),
    ]);
    files.write("/rw/x", b"1").unwrap();
    assert_eq!(std::fs::read(dir.path().join("x")).unwrap(), b"1");
    assert_eq!(files.read("/rw/ro/x").unwrap(), b"1");
    assert_eq!(files.write("/rw/ro/x", b"2").unwrap_err().to_string(), "Read-only file system (os error 30)");
    assert!(files.read("/rw/absent").is_err());
    assert_eq!(files.mount_type("/rw"), Some("bind"));
}

#[test]
fn nothing_leads_out_of_a_mount() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("in")).unwrap();
    std::fs::write(dir.path().join("secret"), b"no").unwrap();
    std::os::unix::fs::symlink("../secret", dir.path().join("in/link")).unwrap();
    let host = dir.path().join("in").to_str().unwrap().to_owned();
    let files = files(vec![mount("/in", MountSource::Bind(host), &[])]);
    for path in ["/in/../secret", "/in/link", "in/x", "/in"] {
        assert!(files.read(path).is_err(), "{path}");
    }
}

#[test]
fn a_tmpfs_is_empty_at_each_start_and_the_rest_stays() {
    let files = files(vec![mount("/scratch", MountSource::Tmpfs, &["size=1m"])]);
    files.write("/scratch/x", b"1").unwrap();
    files.write("/kept", b"2").unwrap();
    assert_eq!(files.read("/scratch/x").unwrap(), b"1");
    files.clear_memory_mounts();
    assert!(files.read("/scratch/x").is_err());
    assert_eq!(files.read("/kept").unwrap(), b"2");
    assert_eq!(files.mount_type("/scratch"), Some("tmpfs"));
    assert_eq!(files.mount_type("/"), None);
}

#[test]
fn a_read_only_tmpfs_refuses() {
    let files = files(vec![mount("/scratch", MountSource::Tmpfs, &["ro"])]);
    assert!(files.write("/scratch/x", b"1").is_err());
}

#[test]
fn the_hosts_file_tells_the_extra_hosts() {
    let spec = ContainerSpec { hosts: vec![("9.9.9.9".to_owned(), "foo".to_owned())], ..spec("f", "true") };
    let text = Files::new(&spec, "box").read("/etc/hosts").unwrap();
    assert!(String::from_utf8(text).unwrap().contains("9.9.9.9\tfoo\n"));
}

#[test]
fn a_tmpfs_holds_no_more_than_its_size() {
    let files = files(vec![mount("/scratch", MountSource::Tmpfs, &["mode=1777", "size=1k"])]);
    files.write("/scratch/x", &[0; 1000]).unwrap();
    files.write("/scratch/x", &[0; 1024]).unwrap();
    assert!(files.write("/scratch/y", b"1").unwrap_err().to_string().contains("No space left"));
    files.write("/elsewhere", &[0; 5000]).unwrap();
    let sized = |option: &str| size(&mount("/x", MountSource::Tmpfs, &[option]));
    let cases = [("size=5", Some(5)), ("size=2m", Some(2 << 20)), ("size=50%", None), ("mode=1", None)];
    for (option, expected) in cases {
        assert_eq!(sized(option), expected, "{option}");
    }
}
