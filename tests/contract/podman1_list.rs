//! Cases that Podman 1 cannot pass, each with its reason. Whoever runs them prints it; nothing else is left out.

/// Case and reason.
pub const CANNOT: &[(&str, &str)] = &[
    ("exec::output_is_split_and_the_code_is_last", MERGED),
    ("exec::sessions_do_not_mix", MERGED),
    ("exec::standard_input_is_fed_until_its_end", ENDLESS),
    ("exec::a_lot_of_input_comes_back_whole", ENDLESS),
    ("exec::input_after_the_end_is_in_the_wrong_state", ENDLESS),
    ("exec::standard_input_that_was_not_asked_for_is_empty", ENDLESS),
    (
        "starting::a_missing_working_directory_is_rejected",
        "Podman 1 makes a working directory that is not there",
    ),
    (
        "listing::labels_come_back_as_given",
        "Podman 1 ends the name of a label at its first equals sign; refused",
    ),
    ("inside::extra_hosts_are_known", "Podman 1 writes no hosts file without a network; refused"),
];

const MERGED: &str = "Podman 1 sends the standard error of a command over the channel of its standard output";
const ENDLESS: &str = "Podman 1 has no way to end the standard input of a command without a terminal";

/// Cases that need a container with real processes, which only a real Podman 1 has.
const PROCESSES: &[&str] = &["exec::kill_ends_the_program"];

/// Why the service over the in-memory runtime cannot pass `case`.
pub fn needs_processes(case: &str) -> Option<&'static str> {
    let reason = "its containers have no processes, and Podman 1 leaves it to the kernel to end a session";
    PROCESSES.contains(&case).then_some(reason)
}

/// Why Podman 1 cannot pass `case`.
pub fn cannot(case: &str) -> Option<&'static str> {
    CANNOT.iter().find(|(name, _)| *name == case).map(|(_, reason)| *reason)
}
