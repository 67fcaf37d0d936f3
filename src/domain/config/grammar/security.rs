//! `security_opt` entries, with the keys of `podman run --security-opt`.

use thiserror::Error;

/// One entry as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecurityOption {
    /// Processes gain no privileges by set-user-id programs; `false` takes it back.
    NoNewPrivileges(bool),
    /// SELinux labels can be changed inside the container.
    LabelNested,
    /// An SELinux label option: `disable`, `user:U`, `role:R`, `type:T`, `level:L`, `filetype:T`.
    Label(String),
    /// AppArmor profile; `unconfined` for none.
    Apparmor(String),
    /// Path of a seccomp profile on the host; `unconfined` for none.
    Seccomp(String),
    /// Mount options of `/proc`.
    ProcOpts(Vec<String>),
    /// Paths to hide.
    Mask(Vec<String>),
    /// Paths to show again that Podman hides; `ALL` for every one.
    Unmask(Vec<String>),
}

/// The text is no entry.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadSecurityOption {
    /// No known key.
    #[error(
        "invalid security_opt: {0:?}; use no-new-privileges, label=, apparmor=, seccomp=, proc-opts=, mask=, unmask= \
         or systempaths=unconfined"
    )]
    Unknown(String),
    /// The one key with one value.
    #[error("invalid systempaths option {0:?}, only `unconfined` is supported")]
    SystemPaths(String),
}

/// Parses one entry. The value stands behind `=`, or behind `:` where there is no `=`.
pub fn parse(text: &str) -> Result<SecurityOption, BadSecurityOption> {
    let unknown = || BadSecurityOption::Unknown(text.to_owned());
    let (key, value) = match text.split_once('=').or_else(|| text.split_once(':')) {
        Some((key, value)) => (key, value),
        None if text == "no-new-privileges" => return Ok(SecurityOption::NoNewPrivileges(true)),
        None => return Err(unknown()),
    };
    let list = |separator| value.split(separator).map(str::to_owned).collect();
    Ok(match (key, value) {
        ("no-new-privileges", "true") => SecurityOption::NoNewPrivileges(true),
        ("no-new-privileges", "false") => SecurityOption::NoNewPrivileges(false),
        (_, "") => return Err(unknown()),
        ("label", "nested") => SecurityOption::LabelNested,
        ("label", label) => SecurityOption::Label(label.to_owned()),
        ("apparmor", profile) => SecurityOption::Apparmor(profile.to_owned()),
        ("seccomp", profile) => SecurityOption::Seccomp(profile.to_owned()),
        ("proc-opts", _) => SecurityOption::ProcOpts(list(',')),
        ("mask", _) => SecurityOption::Mask(list(':')),
        ("unmask", "ALL") => SecurityOption::Unmask(vec!["ALL".to_owned()]),
        ("unmask", _) => SecurityOption::Unmask(list(':')),
        ("systempaths", "unconfined") => SecurityOption::Unmask(vec!["ALL".to_owned()]),
        ("systempaths", other) => return Err(BadSecurityOption::SystemPaths(other.to_owned())),
        _ => return Err(unknown()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_separators() {
        assert_eq!(parse("no-new-privileges"), Ok(SecurityOption::NoNewPrivileges(true)));
        assert_eq!(parse("no-new-privileges=false"), Ok(SecurityOption::NoNewPrivileges(false)));
        assert_eq!(parse("label=type:svirt_t"), Ok(SecurityOption::Label("type:svirt_t".to_owned())));
        assert_eq!(parse("label:disable"), Ok(SecurityOption::Label("disable".to_owned())));
        assert_eq!(parse("label=nested"), Ok(SecurityOption::LabelNested));
        assert_eq!(parse("mask=/a:/b"), Ok(SecurityOption::Mask(vec!["/a".to_owned(), "/b".to_owned()])));
        let all = SecurityOption::Unmask(vec!["ALL".to_owned()]);
        assert_eq!((parse("unmask=ALL"), parse("systempaths=unconfined")), (Ok(all.clone()), Ok(all)));
        let options = vec!["hidepid=2".to_owned(), "gid=5".to_owned()];
        assert_eq!(parse("proc-opts=hidepid=2,gid=5"), Ok(SecurityOption::ProcOpts(options)));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "label", "seccomp=", "systempaths=x", "no-new-privileges=maybe", "selinux=off"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
