//! The plugin as its host sees it: a process that prints one line and a socket that speaks gRPC.
//!
//! Three parts: `process`, `serve` and `tls` hold the server layer to the protocol, with a driver of the test's
//! own behind it; the cases of the table below speak to the built binary as the Nomad agent does, on two
//! runtimes; and those under `alone` do so without any Podman.
//!
//! ```text
//! cargo test --test wire                                                         memory and alone; podman says SKIPPED
//! tests/support/podman.sh run podman4 -- cargo test --test wire                  all
//! DRIVER_BIN=/path tests/support/podman.sh run podman4 -- cargo test --test wire another driver, but in memory
//! ```
//!
//! A case says once what its task does, as a [`Program`](nomad_driver_podman::adapters::memory::Program); on
//! Podman that is a shell script (`sh`).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests are tests"
)]

#[macro_use]
mod table;
mod agent;
mod arm;
mod cases;
mod cty;
mod gather;
mod harness;
mod host;
mod lab;
mod process;
mod relay;
mod serve;
#[path = "../contract/sh.rs"]
mod sh;
mod stub;
mod task;
#[cfg(feature = "automtls")]
mod tls;

wire! {
    both {
        identity {
            the_plugin_says_who_it_is;
            the_health_service_knows_the_plugin;
            the_driver_says_what_it_can;
            the_plugins_schema_has_every_documented_option;
            the_tasks_schema_has_every_documented_option;
            networks_are_left_to_the_client;
        }
        fingerprint {
            the_first_report_comes_at_once_and_the_stream_stays_open;
            a_podman_that_comes_back_is_seen only podman because "there is no socket to the memory runtime";
        }
        starting {
            a_started_task_has_a_handle_and_its_secrets_stay_inside;
            storage_that_has_the_name_and_no_container_is_in_nobodys_way
                only podman because "the memory runtime has no storage beside its containers";
            an_id_is_started_once;
            an_image_that_is_not_there_may_be_there_later;
            a_program_that_is_not_there_is_told_in_podmans_words
                only podman because "images in memory are believed to have every program";
            options_that_cannot_be_used_are_named;
            numbers_may_come_as_text only memory because "Podman takes a swappiness on cgroup v1 only";
            a_start_that_was_cut_off_is_started_again
                only podman because "containers in memory end with their process";
            a_task_that_fails_young_has_its_last_words_told;
            want_of_memory_is_told_in_numbers;
            events_name_their_task only memory because "there is nothing to pull on the Podmans of the tests";
        }
        secrets {
            nothing_that_anybody_reads_shows_one;
        }
        volumes {
            paths_that_leave_the_allocation_are_refused;
            paths_inside_the_allocation_are_mounted;
        }
        waiting {
            exit_codes_are_the_programs_own;
            a_kill_is_137;
            every_waiter_hears_the_same;
            a_waiter_that_goes_away_does_no_harm;
        }
        ids {
            an_unknown_id_is_told_by_every_verb;
        }
        inspecting {
            a_running_task_and_an_ended_one_are_complete;
            samples_are_complete_and_end_with_the_task;
        }
        stopping {
            the_usual_signal_ends_a_task;
            the_hosts_signal_is_sent;
            the_images_signal_is_sent only podman because "images in memory say nothing of signals";
            a_task_that_ignores_it_is_killed_in_time;
            without_time_it_is_killed_at_once;
            a_task_that_is_gone_is_stopped;
            a_signal_that_does_not_exist_is_replaced_by_the_containers_own;
        }
        signalling {
            signals_have_many_names;
            an_ended_task_gets_no_signal;
        }
        destroying {
            a_running_task_is_destroyed_by_force_only;
            twice_is_no_harm;
            whoever_waits_is_told;
        }
        exec {
            output_and_exit_code_come_back;
            a_program_that_is_not_there_is_no_success;
            a_command_that_takes_too_long_is_killed;
            an_ended_task_runs_no_commands;
        }
        streaming {
            the_setup_comes_first;
            input_comes_back_until_it_is_closed;
            both_streams_and_the_exit_code_arrive;
            heartbeats_and_sizes_mean_nothing_to_a_program;
            a_terminal_has_one_stream;
            much_output_is_complete;
            a_caller_that_goes_away_takes_the_command_with_it;
            a_session_ends_with_its_task;
        }
        logs {
            both_streams_arrive_to_the_byte;
            a_silent_task_opens_both_fifos;
            a_collector_may_come_late;
            much_output_is_complete_when_the_end_is_told;
            what_waits_too_long_is_dropped_and_told;
            a_stuck_collector_harms_its_own_task_only;
            nobody_may_want_them;
        }
        crashes {
            a_plugin_killed_in_a_flood_loses_nothing
                only podman because "containers in memory end with their process";
            a_keeper_that_dies_is_replaced
                only podman because "containers in memory end with their process";
            the_tail_of_a_task_that_ended_unwatched_is_told
                only podman because "containers in memory end with their process";
            the_keeper_ends_with_the_last_task
                only podman because "containers in memory end with their process";
        }
        recovery {
            a_running_task_goes_on only podman because "containers in memory end with their process";
            a_collector_may_come_after_recovery only podman because "containers in memory end with their process";
            a_task_that_ended_meanwhile_has_its_own_exit_code
                only podman because "containers in memory end with their process";
            a_plugin_that_was_killed_is_followed_by_another
                only podman because "containers in memory end with their process";
            a_task_that_is_known_is_left_alone;
            a_container_that_is_gone_is_told;
            bytes_that_are_no_handle_are_refused;
            a_handle_of_a_later_release_is_refused
                only podman because "containers in memory end with their process";
        }
        cleanup {
            a_container_that_no_task_claims_goes_after_its_grace
                only podman because "containers in memory end with their process";
            a_container_that_is_kept_outlives_every_destroy
                only podman because "containers in memory end with their process";
        }
        takeover {
            a_container_of_the_go_driver_is_adopted
                only podman because "nobody else makes containers in memory";
            a_container_that_only_has_the_name_is_left_alone
                only podman because "nobody else makes containers in memory";
            a_task_goes_from_the_go_driver_to_us_and_back
                only podman because "nobody else makes containers in memory";
        }
        outage {
            samples_logs_and_exits_go_on_while_podman_is_away
                only podman because "there is no socket to the memory runtime";
        }
        ending {
            the_plugin_ends_in_time_with_streams_open;
            tasks_outlive_the_plugin only podman because "containers in memory end with their process";
            nobody_else_holds_the_plugins_output;
        }
    }
    alone {
        configuring {
            validation_sets_the_config_twice;
            no_bytes_are_the_defaults;
            an_option_of_the_wrong_type_is_named;
            bytes_that_are_no_config_are_refused;
            the_agent_starts_without_podman;
        }
        trouble {
            a_missing_socket_is_told;
            a_hung_socket_is_given_up;
            a_hung_socket_does_not_hold_up_recovery;
            a_web_server_is_no_podman;
            a_reply_that_is_no_json_is_told;
            a_refusal_without_a_reason_is_told;
        }
    }
}
