//! Inspect replies of Podman 4.3, trimmed, and the states in which a code of 0 is a lie.

use super::*;
use crate::domain::container::ContainerState;

const STARTED: &str = "2026-11-23T20:57:52.048483389Z";
const NEVER: &str = "0001-01-01T00:00:00Z";

fn inspect(status: &str, code: i32, started: &str, finished: &str) -> Seen {
    let json = format!(
        r#"{{"Id":"115a","Name":"fx1","State":{{"Status":"{status}","Running":false,"OOMKilled":false,"Pid":0,
        "ExitCode":{code},"Error":"","StartedAt":"{started}","FinishedAt":"{finished}"}},
        "NetworkSettings":{{"IPAddress":"","Networks":null}},"Config":{{"Labels":null,"StopSignal":15}},
        "HostConfig":{{"LogConfig":{{"Type":"k8s-file","Config":null,"Path":"/g/ctr.log","Tag":""}}}}}}"#
    );
    seen(serde_json::from_str(&json).unwrap())
}

#[test]
fn an_end_on_record_has_a_code() {
    for (status, code) in [("exited", 3), ("stopped", 0), ("exited", 137)] {
        let seen = inspect(status, code, STARTED, "2026-11-23T20:57:52.064689448Z");
        assert_eq!(
            (seen.facts.state, seen.facts.exit_code),
            (ContainerState::Exited, Some(code)),
            "{status}"
        );
    }
}

#[test]
fn who_only_lost_a_child_for_want_of_memory_was_not_killed_for_it() {
    for (code, killed) in [(0, false), (1, false), (137, true)] {
        let json = format!(
            r#"{{"State":{{"Status":"exited","OOMKilled":true,"ExitCode":{code},"StartedAt":"{STARTED}","FinishedAt":"{STARTED}"}}}}"#
        );
        assert_eq!(seen(serde_json::from_str(&json).unwrap()).facts.oom_killed, killed, "{code}");
    }
}

#[test]
fn a_program_that_ended_before_its_start_was_noted_has_a_code() {
    let seen = inspect("stopped", 1, "2026-11-23T21:02:56.081123575Z", "2026-11-23T21:02:56.076682856Z");
    assert_eq!((seen.facts.state, seen.facts.exit_code), (ContainerState::Exited, Some(1)));
}

#[test]
fn zero_without_an_end_on_record_is_unknown() {
    let yesterday = "2026-11-22T20:57:52Z";
    for (status, finished, state) in [
        ("exited", NEVER, ContainerState::Exited),
        ("exited", yesterday, ContainerState::Exited),
        ("stopped", NEVER, ContainerState::Stopping),
        ("stopping", NEVER, ContainerState::Stopping),
        ("running", yesterday, ContainerState::Running),
        ("removing", NEVER, ContainerState::Removing),
        ("dreaming", NEVER, ContainerState::Unknown),
    ] {
        let seen = inspect(status, 0, STARTED, finished);
        assert_eq!((seen.facts.state, seen.facts.exit_code), (state, None), "{status} {finished}");
    }
    for status in ["configured", "created", "initialized"] {
        let seen = inspect(status, 0, NEVER, NEVER);
        assert_eq!((seen.facts.state, seen.facts.exit_code), (ContainerState::Created, None));
        assert_eq!((seen.facts.started_at, seen.facts.finished_at), (None, None));
    }
}

#[test]
fn a_running_one_has_pids_an_address_and_a_log() {
    let json = r#"{"Id":"92cd","Name":"fx2","State":{"Status":"running","Running":true,"Pid":19227,
        "ConmonPid":19217,"ExitCode":0,"StartedAt":"2026-11-23T20:57:53.403125342Z",
        "FinishedAt":"0001-01-01T00:00:00Z"},"Config":{"Labels":{"a":"b"},"StopSignal":"SIGINT"},
        "NetworkSettings":{"IPAddress":"","Networks":{"ndp0":{"IPAddress":"10.160.0.3"}}},
        "HostConfig":{"LogConfig":{"Type":"k8s-file","Path":"/g/ctr.log"}}}"#;
    let seen = seen(serde_json::from_str(json).unwrap());
    assert_eq!((seen.facts.pid, seen.conmon_pid), (Some(19227), Some(19217)));
    assert_eq!(seen.facts.ip.as_deref(), Some("10.160.0.3"));
    assert_eq!(seen.facts.stop_signal.as_deref(), Some("SIGINT"));
    assert_eq!(seen.log_path, "/g/ctr.log");
    assert_eq!(seen.facts.started_at.unwrap().unix_nanos(), 1_795_467_473_403_125_342);
}
