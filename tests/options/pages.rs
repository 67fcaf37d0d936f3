//! The pages for people say what the tables and the decoder say.

use super::hcl;
use nomad_driver_podman::domain::config::{PluginConfig, TaskConfig, reference};
use nomad_driver_podman::domain::policy;
use std::path::Path;

fn docs(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)
}

#[test]
fn the_pages_are_what_the_tables_say() {
    for (name, page) in [("reference.md", reference::page()), ("from-docker.md", reference::from_docker())] {
        let path = docs(name);
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, &page).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            written == page,
            "docs/{name} is stale; UPDATE_DOCS=1 cargo test --test options writes it anew"
        );
    }
}

/// The HCL blocks of a page.
fn blocks(page: &str) -> Vec<String> {
    let page = std::fs::read_to_string(docs(page)).unwrap();
    let blocks = page.split("```hcl\n").skip(1);
    blocks.map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn the_strict_profile_is_one_block_that_refuses_what_the_page_says() {
    let blocks = blocks("hardening.md");
    let strict = PluginConfig::decode(&hcl::inside(&blocks[0], &["plugin", "config"])).unwrap();
    let rules = strict.policy.rules("default");
    for asked in [
        "privileged = true",
        r#"cap_add = ["SYS_ADMIN"]"#,
        r#"network_mode = "host""#,
        r#"pid_mode = "host""#,
        r#"ipc_mode = "container:x""#,
        r#"userns = "host""#,
        r#"devices = ["/dev/mem"]"#,
        r#"runtime = "runc""#,
        r#"security_opt = ["seccomp=unconfined"]"#,
        r#"selinux_opts = ["disable"]"#,
        r#"selinux_opts = ["type:spc_t"]"#,
        r#"secrets = ["db-password"]"#,
        "mount {\n source = \"data\"\n target = \"/data\"\n}",
        r#"annotations = { "run.oci.hooks.stderr" = "/x" }"#,
    ] {
        let task = format!("image = \"registry.internal/app:1\"\n{asked}");
        let task = TaskConfig::decode(&hcl::value(&task)).unwrap();
        assert!(policy::check(&rules, &task, "default").is_err(), "{asked}");
    }
    let plain = TaskConfig::decode(&hcl::value("image = \"registry.internal/app:1\"")).unwrap();
    assert_eq!(policy::check(&rules, &plain, "default"), Ok(()));
    let foreign = TaskConfig::decode(&hcl::value("image = \"docker.io/library/redis\"")).unwrap();
    assert!(policy::check(&rules, &foreign, "default").is_err());
    assert!(!strict.volumes_enabled);
}

#[test]
fn every_block_of_the_hardening_page_is_a_configuration() {
    for block in blocks("hardening.md") {
        let config = PluginConfig::decode(&hcl::inside(&block, &["plugin", "config"]));
        assert!(config.is_ok(), "{block}: {config:?}");
    }
}
