use super::super::row::{Kind, find};
use super::super::task_options::TASK_OPTIONS;
use super::*;

/// The options of the Docker driver's schema in Nomad 2.0, all of them.
const DOCKER: &str = "advertise_ipv6_address args auth auth.username auth.password auth.email auth.server_address \
    auth_soft_fail cap_add cap_drop cgroupns command container_exists_attempts cpu_hard_limit cpu_cfs_period \
    cpuset_cpus devices dns_search_domains dns_options dns_servers entrypoint extra_hosts force_pull group_add \
    healthchecks healthchecks.disable hostname image image_pull_timeout init interactive ipc_mode ipv4_address \
    ipv6_address isolation labels load logging logging.type logging.driver logging.config mac_address \
    memory_hard_limit mount mount.type mount.target mount.source mount.readonly mount.bind_options \
    mount.bind_options.propagation mount.tmpfs_options mount.tmpfs_options.size mount.tmpfs_options.mode \
    mount.volume_options mount.volume_options.no_copy mount.volume_options.labels \
    mount.volume_options.driver_config mount.volume_options.driver_config.name \
    mount.volume_options.driver_config.options mount.volume_options.subpath mounts network_aliases network_mode \
    oom_score_adj pids_limit pid_mode port_map ports privileged readonly_rootfs runtime security_opt shm_size \
    storage_opt sysctl tty ulimit userns_mode uts_mode volume_driver volumes \
    windows_allow_insecure_container_admin work_dir";

/// The row that a Docker path leads to.
fn row(path: &str) -> Option<&'static OptionRow> {
    let mut table = TASK_OPTIONS;
    let mut found = None;
    for name in path.split('.') {
        let row = find(table, name).or_else(|| ours(table, name))?;
        if let Kind::Block(rows) | Kind::BlockList(rows) = row.kind {
            table = rows;
        }
        found = Some(row);
    }
    found
}

#[test]
fn every_option_of_docker_has_a_row_or_a_reason_and_not_both() {
    for path in DOCKER.split_whitespace() {
        assert_ne!(row(path).is_some(), only(path).is_some(), "{path}");
    }
}

#[test]
fn numbers_of_blocks_do_not_matter() {
    assert!(only("mount[3].volume_options.subpath").is_some());
    assert_eq!((only("email"), only("image")), (None, None));
}

#[test]
fn names_of_docker_lead_to_ours() {
    let name = |docker| ours(TASK_OPTIONS, docker).map(|row| row.name);
    assert_eq!(name("work_dir"), Some("working_dir"));
    assert_eq!(name("mounts"), Some("mount"));
    assert_eq!(name("wat"), None);
}

#[test]
fn short_names_get_dockers_registry_and_others_stay() {
    let digest = format!("redis@sha256:{}", "ab".repeat(32));
    for (docker, podman) in [
        ("redis", Some("docker.io/library/redis")),
        ("redis:7", Some("docker.io/library/redis:7")),
        ("grafana/grafana:11", Some("docker.io/grafana/grafana:11")),
        ("https://hub.internal/redis:7", Some("hub.internal/redis:7")),
        ("https://redis", Some("docker.io/library/redis")),
        (&digest, Some(&format!("docker.io/library/{digest}"))),
        ("quay.io/a/b:1", None),
        ("localhost:5000/x", None),
        ("docker.io/library/redis", None),
        ("No Image", None),
    ] {
        assert_eq!(image(docker).as_deref(), podman, "{docker}");
        let named = podman.unwrap_or(docker);
        assert_eq!(image(named), None, "{named} is as Podman wants it");
    }
}

#[test]
fn values_of_docker_are_known() {
    assert_eq!(meaning("network_mode", "default"), Meaning::Written("bridge".to_owned()));
    assert_eq!(meaning("network_mode", "container:x"), Meaning::Same);
    assert!(matches!(meaning("network_mode", "backend"), Meaning::SameIf(_)));
    assert!(matches!(meaning("runtime", "nvidia"), Meaning::Nothing(_)));
    assert!(matches!(meaning("security_opt", "credentialspec=file://x"), Meaning::Nothing(_)));
    assert_eq!(meaning("hostname", "default"), Meaning::Same);
    assert_eq!(
        (archive("redis.tar"), tmpfs_mode(511)),
        ("docker-archive:local/redis.tar".into(), "777".into())
    );
}
