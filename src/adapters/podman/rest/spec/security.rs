//! Capabilities, confinement, users and namespaces.

use super::{Bad, Version};
use crate::domain::config::grammar::userns::{AutoUserNamespace, IdMapping, UserNamespace};
use crate::domain::container::spec::{Namespace, Security as Wanted};
use serde::Serialize;

/// The security topic of the SpecGenerator.
#[derive(Serialize)]
pub struct Security<'a> {
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    cap_add: Vec<String>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    cap_drop: Vec<String>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    selinux_opts: &'a [String],
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    label_nested: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    apparmor_profile: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seccomp_profile_path: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    procfs_opts: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    mask: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    unmask: &'a [String],
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    no_new_privileges: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    read_only_filesystem: bool,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    groups: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    userns: Option<Mode<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    idmappings: Option<IdMappings>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ipcns: Option<Mode<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pidns: Option<Mode<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    utsns: Option<Mode<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cgroupns: Option<Mode<'a>>,
}

#[derive(Serialize)]
struct Mode<'a> {
    nsmode: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    value: &'a str,
}

/// Names as Go writes fields without tags.
#[derive(Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct IdMappings {
    #[serde(rename = "UIDMap")]
    uid_map: Vec<IdMap>,
    #[serde(rename = "GIDMap")]
    gid_map: Vec<IdMap>,
    auto_user_ns: bool,
    auto_user_ns_opts: AutoOptions,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct AutoOptions {
    size: u32,
    #[serde(rename = "AdditionalUIDMappings")]
    uid_mappings: Vec<IdMap>,
    #[serde(rename = "AdditionalGIDMappings")]
    gid_mappings: Vec<IdMap>,
}

#[derive(Clone, Copy, Serialize)]
struct IdMap {
    container_id: u32,
    host_id: u32,
    size: u32,
}

/// The topic of `wanted`.
pub fn security(wanted: &Wanted, version: Version) -> Result<Security<'_>, Bad> {
    require(wanted, version)?;
    let (userns, idmappings) = users(wanted.user_namespace.as_ref());
    Ok(Security {
        // It has them all, and before 4.1 the two exclude each other.
        cap_add: if wanted.privileged { vec![] } else { capabilities(&wanted.cap_add) },
        cap_drop: capabilities(&wanted.cap_drop),
        selinux_opts: &wanted.selinux,
        label_nested: wanted.label_nested,
        apparmor_profile: wanted.apparmor.as_deref(),
        seccomp_profile_path: wanted.seccomp.as_deref(),
        procfs_opts: &wanted.proc_options,
        mask: &wanted.mask,
        unmask: &wanted.unmask,
        no_new_privileges: wanted.no_new_privileges,
        read_only_filesystem: wanted.read_only,
        groups: &wanted.groups,
        userns,
        idmappings,
        ipcns: wanted.ipc.as_ref().map(mode),
        pidns: wanted.pid.as_ref().map(mode),
        utsns: wanted.uts.as_ref().map(mode),
        cgroupns: wanted.cgroup.as_ref().map(mode),
    })
}

/// What older services would leave out without a word (podman-api facts: fields by version).
fn require(wanted: &Wanted, version: Version) -> Result<(), Bad> {
    let sealed = matches!(wanted.ipc, Some(Namespace::None | Namespace::Shareable));
    let no_map = wanted.user_namespace == Some(UserNamespace::NoMap);
    let keep_id_options = matches!(&wanted.user_namespace, Some(UserNamespace::KeepId(o)) if !o.is_empty());
    version.needs_if(!wanted.proc_options.is_empty(), "security_opt proc-opts", Version(2, 1))?;
    version.needs_if(!wanted.mask.is_empty(), "security_opt mask", Version(3, 0))?;
    version.needs_if(!wanted.unmask.is_empty(), "security_opt unmask", Version(3, 0))?;
    version.needs_if(sealed, "ipc_mode shareable or none", Version(4, 1))?;
    version.needs_if(no_map, "userns nomap", Version(4, 1))?;
    version.needs_if(keep_id_options, "userns keep-id with options", Version(4, 3))?;
    version.needs_if(wanted.label_nested, "security_opt label=nested", Version(4, 5))
}

/// With the prefix that every version understands.
fn capabilities(names: &[String]) -> Vec<String> {
    let name = |name: &String| if name == "ALL" { name.clone() } else { format!("CAP_{name}") };
    names.iter().map(name).collect()
}

fn mode(namespace: &Namespace) -> Mode<'_> {
    let (nsmode, value) = match namespace {
        Namespace::Private => ("private", ""),
        Namespace::Host => ("host", ""),
        Namespace::Shareable => ("shareable", ""),
        Namespace::None => ("none", ""),
        Namespace::Container(id) => ("container", id.as_str()),
        Namespace::Path(path) => ("path", path.as_str()),
    };
    Mode { nsmode, value }
}

fn users(userns: Option<&UserNamespace>) -> (Option<Mode<'_>>, Option<IdMappings>) {
    let plain = |nsmode, value| Some(Mode { nsmode, value });
    match userns {
        None => (None, None),
        Some(UserNamespace::Host) => (plain("host", ""), None),
        Some(UserNamespace::NoMap) => (plain("no-map", ""), None),
        Some(UserNamespace::Path(path)) => (plain("path", path), None),
        Some(UserNamespace::KeepId(options)) => (plain("keep-id", options), Some(IdMappings::default())),
        Some(UserNamespace::Auto(auto)) => (plain("auto", ""), Some(auto_mappings(auto))),
    }
}

fn auto_mappings(auto: &AutoUserNamespace) -> IdMappings {
    let maps = |maps: &[IdMapping]| {
        let map = |map: &IdMapping| IdMap { container_id: map.container, host_id: map.host, size: map.size };
        maps.iter().map(map).collect::<Vec<_>>()
    };
    IdMappings {
        auto_user_ns: true,
        auto_user_ns_opts: AutoOptions {
            size: auto.size.unwrap_or(0),
            uid_mappings: maps(&auto.uids),
            gid_mappings: maps(&auto.gids),
        },
        ..IdMappings::default()
    }
}
