use super::*;
use crate::domain::container::spec::NamedVolume;
use crate::domain::image::{ImageRef, Platform};
use crate::domain::task::identity::ContainerName;

fn refused(change: impl FnOnce(&mut ContainerSpec)) -> Vec<String> {
    let mut spec = ContainerSpec::new(ContainerName::new("n"), ImageRef::default());
    change(&mut spec);
    let problems = check(&spec).err().unwrap_or_default();
    problems.0.into_iter().map(|problem| problem.path).collect()
}

#[test]
fn what_came_later_is_refused_by_name() {
    assert_eq!(refused(|_| {}), Vec::<String>::new());
    assert_eq!(refused(|spec| spec.oci_runtime = Some("crun".to_owned())), ["runtime"]);
    assert_eq!(refused(|spec| spec.cdi_devices = vec!["nvidia.com/gpu=0".to_owned()]), ["devices"]);
    assert_eq!(refused(|spec| spec.network = Network::Pasta(String::new())), ["network_mode"]);
    assert_eq!(refused(|spec| spec.security.cgroup = Some(Namespace::Private)), ["cgroupns"]);
    assert_eq!(refused(|spec| spec.security.ipc = Some(Namespace::None)), ["ipc_mode"]);
    assert_eq!(refused(|spec| spec.security.mask = vec!["/a".to_owned()]), ["security_opt"]);
    assert_eq!(refused(|spec| spec.security.user_namespace = Some(UserNamespace::NoMap)), ["userns"]);
    let size = |spec: &mut ContainerSpec| {
        spec.log.rotate_at = Some(1 << 20);
    };
    assert_eq!(refused(size), ["logging.options"]);
}

#[test]
fn all_that_is_wrong_is_told() {
    let found = refused(|spec| {
        spec.oci_runtime = Some("crun".to_owned());
        spec.security.label_nested = true;
    });
    assert_eq!(found, ["runtime", "security_opt"]);
}

#[test]
fn networks_have_names_and_one_of_them_an_address() {
    let attachment = |name: &str, ips: &[&str]| Attachment {
        name: name.to_owned(),
        ips: ips.iter().map(|ip| ip.parse().unwrap()).collect(),
        ..Attachment::default()
    };
    let networks = |networks: Vec<Attachment>| refused(|spec| spec.network = Network::Networks(networks));
    assert!(networks(vec![attachment("a", &["10.0.0.1"])]).is_empty());
    assert!(networks(vec![attachment("a", &[]), attachment("b", &[])]).is_empty());
    assert_eq!(networks(vec![attachment("a", &["10.0.0.1"]), attachment("b", &[])]), ["static_ips"]);
    assert_eq!(networks(vec![attachment("a", &["fd00::1"])]), ["static_ips"]);
    assert_eq!(networks(vec![attachment("a", &[]), attachment("default", &[])]), ["networks"]);
}

#[test]
fn a_volume_without_a_name_has_no_options() {
    let volume = |name: &str| Mount {
        target: "/v".to_owned(),
        source: MountSource::Volume(NamedVolume { name: name.to_owned(), ..NamedVolume::default() }),
        options: vec!["ro".to_owned()],
    };
    assert_eq!(refused(|spec| spec.mounts = vec![volume("")]), ["mount"]);
    assert!(refused(|spec| spec.mounts = vec![volume("data")]).is_empty());
}

#[test]
fn an_image_is_pulled_when_it_is_missing_and_in_no_other_way() {
    let request = PullRequest::of(ImageRef::default());
    assert_eq!(check_pull(&request), Ok(()));
    let always = PullRequest { policy: PullPolicy::Always, ..request.clone() };
    assert_eq!(check_pull(&always).unwrap_err().0[0].path, "pull_policy");
    let platform = Platform { arch: Some("arm64".to_owned()), ..Platform::default() };
    let foreign = PullRequest { platform, skip_tls_verify: true, ..request };
    assert_eq!(check_pull(&foreign).unwrap_err().0.len(), 2);
    assert_eq!(check_pull(&PullRequest { policy: PullPolicy::Never, ..foreign }), Ok(()));
    assert_eq!(refused(|spec| spec.unproven_registry = true), ["auth.tls_verify"]);
}
