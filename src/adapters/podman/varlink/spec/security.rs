//! Capabilities, confinement, users and namespaces.

use super::Create;
use crate::domain::config::grammar::userns::{AutoUserNamespace, IdMapping, UserNamespace};
use crate::domain::container::spec::{Namespace, Security};

/// The topic of `wanted`.
pub(super) fn security(wanted: &Security, create: &mut Create) {
    create.set_some("privileged", wanted.privileged.then_some(true));
    create.set_some("readonly", wanted.read_only.then_some(true));
    // Else /tmp, /run and others would be writable, in memory.
    create.set_some("readonlytmpfs", wanted.read_only.then_some(false));
    create.list("capAdd", wanted.cap_add.iter().map(capability));
    create.list("capDrop", wanted.cap_drop.iter().map(capability));
    create.list("groupadd", wanted.groups.iter().cloned());
    create.list("securityOpt", options(wanted));
    create.set_some("userns", wanted.user_namespace.as_ref().map(users));
    create.set_some("ipc", wanted.ipc.as_ref().map(mode));
    // Podman 1 knows one of its own by saying nothing.
    create.set_some("pid", wanted.pid.as_ref().filter(|it| **it != Namespace::Private).map(mode));
    create.set_some("uts", wanted.uts.as_ref().filter(|it| **it != Namespace::Private).map(mode));
}

fn capability(name: &String) -> String {
    if name == "ALL" { name.clone() } else { format!("CAP_{name}") }
}

fn options(wanted: &Security) -> Vec<String> {
    let labels = wanted.selinux.iter().map(|label| format!("label={label}"));
    let apparmor = wanted.apparmor.iter().map(|profile| format!("apparmor={profile}"));
    let seccomp = wanted.seccomp.iter().map(|profile| format!("seccomp={profile}"));
    let privileges = wanted.no_new_privileges.then(|| "no-new-privileges".to_owned());
    labels.chain(apparmor).chain(seccomp).chain(privileges).collect()
}

fn mode(namespace: &Namespace) -> String {
    match namespace {
        Namespace::Private => "private".to_owned(),
        Namespace::Host => "host".to_owned(),
        Namespace::Shareable => "shareable".to_owned(),
        Namespace::None => "none".to_owned(),
        Namespace::Container(id) => format!("container:{id}"),
        Namespace::Path(path) => format!("ns:{path}"),
    }
}

fn users(userns: &UserNamespace) -> String {
    match userns {
        UserNamespace::Host => "host".to_owned(),
        UserNamespace::KeepId(_) | UserNamespace::NoMap => "keep-id".to_owned(),
        UserNamespace::Path(path) => format!("ns:{path}"),
        UserNamespace::Auto(auto) => automatic(auto),
    }
}

fn automatic(auto: &AutoUserNamespace) -> String {
    let map = |key: &str, map: &IdMapping| format!("{key}={}:{}:{}", map.container, map.host, map.size);
    let size = auto.size.map(|size| format!("size={size}")).into_iter();
    let uids = auto.uids.iter().map(|it| map("uidmapping", it));
    let gids = auto.gids.iter().map(|it| map("gidmapping", it));
    let options: Vec<String> = size.chain(uids).chain(gids).collect();
    if options.is_empty() { "auto".to_owned() } else { format!("auto:{}", options.join(",")) }
}
