//! The contract of `ports::ContainerRuntime`, as a program: one suite of cases, run on every runtime.
//!
//! Each case is a sentence of the port's documentation. It says once what a container does, as a
//! [`Program`](nomad_driver_podman::adapters::memory::Program); the memory arm runs that, the Podman arm runs
//! it as a shell script ([`sh`]). A behaviour that real Podman shows and the memory runtime does not is a bug of
//! the memory runtime.
//!
//! ```text
//! cargo test --test contract                                                  memory, varlink; others say SKIPPED
//! tests/support/podman.sh run podman4 -- cargo test --test contract           and Podman 4
//! PODMAN_V1_SOCKET=/run/podman/io.podman cargo test --test contract podman1   a real Podman 1 ([`podman1_arm`])
//! cargo test --test contract every_arm -- --nocapture                         which case runs where
//! ```
//!
//! A case that needs what an arm cannot have names it ([`arm::Need`]) and is skipped there by name; what Podman 1 can
//! never do is listed with its reasons ([`podman1_list`]). The varlink arm is the adapter of Podman 1 before a service
//! of ours ([`double`]).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests are tests"
)]

#[macro_use]
mod table;
mod arm;
mod double;
mod harness;
mod lab;
mod memory_arm;
mod podman1_arm;
mod podman1_list;
mod podman_arm;
mod programs;
mod sh;

mod asked;
mod creation;
mod exec;
mod human;
mod images;
mod inside;
mod listing;
mod logs;
mod lost;
mod mounts;
mod network;
mod options;
mod quirks;
mod removal;
mod resources;
mod signals;
mod starting;
mod waiting;

contract! {
    creation {
        a_created_container_is_found_by_id_and_name;
        a_name_is_used_once;
        an_image_that_is_not_there_is_missing;
        a_bind_of_nothing_is_rejected;
        a_bad_name_is_rejected;
        the_network_of_an_absent_container_is_rejected;
    }
    starting {
        a_started_container_runs;
        starting_twice_changes_nothing;
        a_missing_program_is_rejected_and_left_to_remove;
        a_missing_working_directory_is_rejected;
        an_unknown_user_is_rejected;
        an_absent_container_is_not_found;
        an_ended_container_starts_again;
        an_ended_container_tells_all_about_its_end;
    }
    waiting {
        exit_codes_are_reported;
        an_end_is_told_soon;
        an_end_long_past_is_told_at_once;
        several_waiters_learn_the_same;
        a_container_never_started_is_in_the_wrong_state;
        a_container_whose_start_failed_is_in_the_wrong_state;
        an_absent_container_is_not_found;
        a_container_removed_meanwhile_is_not_found;
        a_waiter_that_gives_up_changes_nothing;
        ends_out_of_sight_are_told_all_the_same;
    }
    signals {
        a_killed_container_has_code_137;
        a_handler_decides_how_it_ends;
        a_handler_may_go_on;
        the_first_process_is_spared_signals_that_it_does_not_handle;
        an_ignored_signal_changes_nothing;
        hangup_and_real_time_signals_arrive;
        an_ended_container_is_in_the_wrong_state;
        a_container_never_started_is_in_the_wrong_state;
        an_absent_container_is_not_found;
        below_an_init_signals_do_what_they_do_by_default needs Init;
    }
    removal {
        a_running_container_is_gone_and_its_name_is_free;
        ended_and_created_containers_are_gone;
        an_absent_container_is_removed_already;
        a_stubborn_program_does_not_hold_it_up;
        a_container_whose_network_is_shared_stays_until_the_others_are_gone;
    }
    listing {
        ours_are_listed_in_every_state;
        those_of_others_are_not;
        labels_come_back_as_given;
    }
    inside {
        the_environment_arrives_exactly;
        a_large_environment_arrives;
        the_host_name_is_set;
        the_user_is_set;
        the_working_directory_is_set;
        entrypoint_and_command_are_joined;
        arguments_arrive_exactly;
        extra_hosts_are_known;
        standard_input_is_empty;
        the_program_is_the_first_process;
        an_init_comes_before_the_program needs Init;
    }
    mounts {
        a_bind_goes_both_ways;
        a_read_only_bind_refuses_writes;
        a_tmpfs_is_memory_of_its_own;
        a_tmpfs_keeps_to_its_size;
        a_volume_is_made_as_asked_and_then_shared;
    }
    network {
        none_has_no_interface_but_loopback;
        a_bridge_has_an_interface_and_an_address needs Bridge;
        the_network_of_another_container_is_shared needs Bridge;
        a_port_has_one_owner_at_a_time needs Bridge;
        a_published_port_answers needs Sockets;
    }
    logs {
        streams_are_told_apart_exactly;
        bytes_of_any_value_arrive;
        a_megabyte_arrives;
        a_line_without_end_arrives;
        they_are_read_while_they_are_written;
        they_end_after_the_last_byte;
        a_reader_goes_on_after_any_cursor;
        a_reader_from_now_on_sees_nothing_older;
        two_readers_read_the_same;
        silence_is_an_empty_log;
        a_child_left_behind_does_not_keep_them_open;
        a_reader_that_leaves_changes_nothing;
        the_last_words_are_of_standard_error;
        what_is_left_to_read_is_measured;
        what_a_bounded_log_cannot_hold_is_dropped_and_counted;
        output_out_of_sight_is_told_all_the_same;
        an_absent_container_is_not_found;
        out_of_sight_they_are_told_all_the_same;
    }
    exec {
        output_is_split_and_the_code_is_last;
        a_missing_program_is_code_127;
        a_file_that_is_no_program_is_code_126;
        standard_input_is_fed_until_its_end;
        a_lot_of_input_comes_back_whole;
        a_lot_of_output_comes_whole;
        standard_input_that_was_not_asked_for_is_empty;
        input_after_the_end_is_in_the_wrong_state;
        kill_ends_the_program;
        kill_ends_what_the_program_has_started;
        a_terminal_has_one_stream;
        sizes_do_no_harm;
        a_size_is_seen_inside needs Kernel;
        the_environment_is_the_containers;
        a_detached_session_runs_on;
        sessions_do_not_mix;
        a_session_ends_with_its_container;
        a_container_that_does_not_run_is_in_the_wrong_state;
        an_absent_container_is_not_found;
    }
    resources {
        counters_of_a_running_container_only_grow needs Stats;
        memory_is_measured needs Stats;
        a_container_that_does_not_run_has_no_counters needs Stats;
        an_absent_container_is_not_found needs Stats;
        counters_end_with_the_container_and_never_in_part needs Stats;
        beyond_its_memory_a_container_is_killed needs Limits;
        beyond_its_memory_at_once_a_container_is_killed needs Limits;
        the_runtime_tells_what_it_is;
    }
    human {
        a_pause_is_seen_and_is_no_end needs Cgroup;
        a_paused_container_can_be_killed needs Cgroup;
        a_paused_container_takes_no_commands needs Cgroup;
        a_container_removed_by_hand_is_gone;
    }
    options {
        capabilities_are_added_and_dropped needs Kernel;
        the_root_can_be_read_only needs Kernel;
        privileges_cannot_be_gained needs Kernel;
        groups_are_added needs Kernel;
        namespaces_of_the_host_are_shared needs Kernel;
        the_processes_of_another_container_are_seen needs Kernel;
        ulimits_are_soft_and_hard needs Kernel;
        the_shared_memory_has_its_size needs Kernel;
        kernel_settings_are_the_containers needs Kernel;
        the_killer_of_the_kernel_is_told_whom_to_spare needs Kernel;
        processes_and_cpu_time_are_limited needs KernelLimits;
        a_named_volume_outlives_its_containers needs Kernel;
        a_terminal_is_one needs Kernel;
        the_stop_signal_is_on_record;
        names_are_resolved_as_said needs KernelBridge;
        an_address_can_be_chosen needs KernelBridge;
    }
    asked {
        what_a_block_says_is_seen_inside needs Kernel;
        what_a_device_plugin_passes_is_there needs Kernel;
        limits_are_those_of_the_block needs KernelLimits;
        namespaces_are_private_or_the_hosts needs Kernel;
        namespaces_of_the_task_beside_are_joined needs Kernel;
        users_are_mapped needs Kernel;
        names_and_addresses_are_those_of_the_block needs KernelBridge;
        without_options_it_has_no_more_than_docker_gives needs Kernel;
    }
    images {
        one_that_is_there_is_not_fetched;
        a_name_that_no_registry_knows_is_rejected;
        a_registry_that_is_down_may_be_back_later;
        a_name_means_one_image_or_none;
        an_image_in_use_stays_and_goes_when_nobody_uses_it;
        an_absent_image_is_removed_already;
        a_container_says_which_image_it_has;
        an_archive_is_loaded_and_stays;
    }
}

/// All arms are made from one table; with `--nocapture` this shows where each case runs.
#[test]
fn every_arm_has_every_case() {
    harness::show(CASES);
}
