//! Cases that Podman 1 cannot pass, each with its reason. Whoever runs them prints it; nothing else is left out.

/// Case and reason.
pub const CANNOT: &[(&str, &str)] = &[
    (
        "starting::a_missing_working_directory_is_rejected",
        "Podman 1 makes a working directory that is not there",
    ),
    (
        "listing::labels_come_back_as_given",
        "Podman 1 ends the name of a label at its first equals sign; refused",
    ),
    (
        "asked::without_options_it_has_no_more_than_docker_gives",
        "over varlink Podman 1 limits no number of processes by itself",
    ),
    ("inside::extra_hosts_are_known", "Podman 1 writes no hosts file without a network; refused"),
];

/// Options that cases try beside others and Podman 1 refuses: `extra_hosts` without a network, `mask` in `security_opt`.
pub const REFUSED: &[&str] = &["cgroupns", "extra_hosts", "security_opt", "ipc_mode = none"];

/// Cases that need a container with real processes, which only a real Podman 1 has.
const PROCESSES: &[&str] = &["exec::kill_ends_the_program", "exec::kill_ends_what_the_program_has_started"];

/// Why the service over the in-memory runtime cannot pass `case`.
pub fn needs_processes(case: &str) -> Option<&'static str> {
    let reason = "its containers have no processes, and Podman 1 leaves it to the kernel to end a session";
    PROCESSES.contains(&case).then_some(reason)
}

/// Why Podman 1 cannot pass `case`.
pub fn cannot(case: &str) -> Option<&'static str> {
    CANNOT.iter().find(|(name, _)| *name == case).map(|(_, reason)| *reason)
}
