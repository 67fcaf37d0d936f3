//! What a program finds inside its container.

use crate::lab::Lab;
use crate::programs::{env, exit, out, read};
use nomad_driver_podman::adapters::memory::{Program, Step};
use nomad_driver_podman::domain::container::ContainerSpec;

pub async fn the_environment_arrives_exactly(lab: &Lab) {
    let pairs = [
        ("PLAIN", "value"),
        ("EMPTY", ""),
        ("SIGNS", "a=b \"c\" 'd' $HOME `e` \\f"),
        ("LINES", "one\ntwo\n"),
        ("UNICODE", "zażółć gęślą jaźń 🦆"),
    ];
    let program: Program = pairs.iter().map(|(name, _)| env(name)).collect();
    let spec = ContainerSpec { env: pairs.into_iter().collect(), ..lab.spec(program) };
    let expected: String = pairs.iter().map(|(_, value)| format!("{value}\n")).collect();
    assert_eq!(lab.end(&spec).await.1.text(), expected);
}

pub async fn a_large_environment_arrives(lab: &Lab) {
    let value = |n: usize| format!("{n}-{}", "x".repeat(40));
    let large = "y".repeat(60_000);
    let many = (0..1000).map(|n| (format!("VAR_{n}"), value(n)));
    let program = [env("VAR_0"), env("VAR_999"), env("LARGE")];
    let spec = ContainerSpec {
        env: many.chain([("LARGE".to_owned(), large.clone())]).collect(),
        ..lab.spec(program)
    };
    assert_eq!(lab.end(&spec).await.1.text(), format!("{}\n{}\n{large}\n", value(0), value(999)));
}

pub async fn the_host_name_is_set(lab: &Lab) {
    let spec = ContainerSpec { hostname: Some("web-7".to_owned()), ..lab.spec([Step::PrintHostname]) };
    assert_eq!(lab.end(&spec).await.1.text(), "web-7\n");
}

pub async fn the_user_is_set(lab: &Lab) {
    for (user, expected) in [(None, "0\n"), (Some("1000"), "1000\n"), (Some("12:34"), "12\n")] {
        let spec = ContainerSpec { user: user.map(str::to_owned), ..lab.spec([Step::PrintUser]) };
        assert_eq!(lab.end(&spec).await.1.text(), expected, "{user:?}");
    }
}

pub async fn the_working_directory_is_set(lab: &Lab) {
    for (dir, expected) in [(None, "/\n"), (Some("/tmp"), "/tmp\n")] {
        let spec = ContainerSpec { working_dir: dir.map(str::to_owned), ..lab.spec([Step::PrintDirectory]) };
        assert_eq!(lab.end(&spec).await.1.text(), expected, "{dir:?}");
    }
}

pub async fn entrypoint_and_command_are_joined(lab: &Lab) {
    let mut spec = lab.spec([Step::PrintArgs]);
    spec.entrypoint = std::mem::replace(&mut spec.command, vec!["one".to_owned(), "two".to_owned()]);
    assert_eq!(lab.end(&spec).await.1.text(), "one\ntwo\n");
}

pub async fn arguments_arrive_exactly(lab: &Lab) {
    let args = ["a b", "", "-x", "$HOME", "'\"\\", "gęś 🦆", "*"];
    let mut spec = lab.spec([Step::PrintArgs]);
    spec.command.extend(args.map(str::to_owned));
    let expected: String = args.iter().map(|arg| format!("{arg}\n")).collect();
    assert_eq!(lab.end(&spec).await.1.text(), expected);
}

pub async fn extra_hosts_are_known(lab: &Lab) {
    let mut spec = lab.spec([read("/etc/hosts")]);
    spec.hosts = vec![("10.1.2.3".to_owned(), "db.internal".to_owned())];
    let text = lab.end(&spec).await.1.text();
    let found = text.lines().any(|line| line.split_whitespace().eq(["10.1.2.3", "db.internal"]));
    assert!(found, "{text}");
}

pub async fn standard_input_is_empty(lab: &Lab) {
    let output = lab.output([Step::Cat, out("end\n"), exit(0)]).await;
    assert_eq!(output.text(), "end\n");
}

pub async fn the_program_is_the_first_process(lab: &Lab) {
    assert_eq!(lab.output([Step::PrintPid]).await.text(), "1\n");
}

pub async fn an_init_comes_before_the_program(lab: &Lab) {
    let spec = ContainerSpec { init: true, ..lab.spec([Step::PrintPid, exit(6)]) };
    let (facts, output) = lab.end(&spec).await;
    assert_ne!(output.text(), "1\n");
    assert_eq!(facts.exit_code, Some(6), "the init passes the program's code on");
}
