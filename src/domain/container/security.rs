//! Privileges, confinement, and namespaces other than the network's.

use super::spec::{Namespace, Security};
use crate::domain::config::grammar::namespace::NamespaceOption;
use crate::domain::config::grammar::security::SecurityOption;
use crate::domain::config::task::security::SecurityOptions;
use crate::domain::task::AllocId;
use crate::domain::task::identity::ContainerName;

/// The security of a task of this allocation.
pub fn security(options: &SecurityOptions, alloc: &AllocId) -> Security {
    let own = |mode: &Option<NamespaceOption>| mode.as_ref().map(|mode| namespace(mode, alloc));
    let mut security = Security {
        privileged: options.privileged,
        read_only: options.readonly_rootfs,
        cap_add: options.cap_add.clone(),
        cap_drop: options.cap_drop.clone(),
        selinux: options.selinux_opts.clone(),
        apparmor: options.apparmor_profile.clone(),
        groups: options.group_add.clone(),
        user_namespace: options.userns.clone(),
        ipc: own(&options.ipc_mode),
        pid: own(&options.pid_mode),
        uts: own(&options.uts_mode),
        cgroup: own(&options.cgroupns),
        ..Security::default()
    };
    options.security_opt.iter().for_each(|option| apply(&mut security, option));
    security
}

/// Later entries win where there can be one only.
fn apply(security: &mut Security, option: &SecurityOption) {
    match option {
        SecurityOption::NoNewPrivileges(on) => security.no_new_privileges = *on,
        SecurityOption::LabelNested => security.label_nested = true,
        SecurityOption::Label(label) => security.selinux.push(label.clone()),
        SecurityOption::Apparmor(profile) => security.apparmor = Some(profile.clone()),
        SecurityOption::Seccomp(profile) => security.seccomp = Some(profile.clone()),
        SecurityOption::ProcOpts(options) => security.proc_options.extend(options.iter().cloned()),
        SecurityOption::Mask(paths) => security.mask.extend(paths.iter().cloned()),
        SecurityOption::Unmask(paths) => security.unmask.extend(paths.iter().cloned()),
    }
}

/// Tasks of an allocation name each other; the runtime knows them by the names of their containers.
fn namespace(mode: &NamespaceOption, alloc: &AllocId) -> Namespace {
    match mode {
        NamespaceOption::Private => Namespace::Private,
        NamespaceOption::Host => Namespace::Host,
        NamespaceOption::Shareable => Namespace::Shareable,
        NamespaceOption::None => Namespace::None,
        NamespaceOption::Container(id) => Namespace::Container(id.clone()),
        NamespaceOption::Task(name) => {
            Namespace::Container(ContainerName::of_task(name, alloc).as_str().to_owned())
        }
        NamespaceOption::Path(path) => Namespace::Path(path.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::grammar::security::parse;

    #[test]
    fn entries_add_up_and_the_last_profile_wins() {
        let entries =
            ["label=type:t", "label=nested", "apparmor=b", "seccomp=unconfined", "unmask=/a:/b", "mask=/c"];
        let options = SecurityOptions {
            selinux_opts: vec!["level:s0".to_owned()],
            apparmor_profile: Some("a".to_owned()),
            security_opt: entries.iter().map(|entry| parse(entry).unwrap()).collect(),
            ..SecurityOptions::default()
        };
        let security = security(&options, &AllocId::new("1"));
        assert_eq!(security.selinux, ["level:s0", "type:t"]);
        assert_eq!(
            (security.apparmor.as_deref(), security.seccomp.as_deref()),
            (Some("b"), Some("unconfined"))
        );
        assert_eq!((security.unmask.len(), security.mask.len()), (2, 1));
        assert!(security.label_nested && !security.no_new_privileges);
    }

    #[test]
    fn tasks_of_the_allocation_are_found_by_their_containers() {
        let pid_mode = Some(NamespaceOption::Task("main".to_owned()));
        let options = SecurityOptions { pid_mode, ..SecurityOptions::default() };
        let security = security(&options, &AllocId::new("6d3f"));
        assert_eq!(security.pid, Some(Namespace::Container("main-6d3f".to_owned())));
    }
}
