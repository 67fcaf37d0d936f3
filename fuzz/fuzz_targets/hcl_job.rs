//! Any text as a job and as an agent's configuration, judged and told in every form.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nomad_driver_podman::adapters::cli::jobfile::{Inputs, Purpose, Source};
use nomad_driver_podman::adapters::cli::validate::report::Report;
use nomad_driver_podman::adapters::cli::validate::{agent, job, json, sarif, text};

fuzz_target!(|input: &str| {
    let mut report = Report::default();
    let plugin = agent::check(&Source::new("client.hcl", input), &mut report);
    // A job may name files of the node: relative ones are looked for where there are none.
    let inputs = Inputs { purpose: Purpose::Judge, base_dir: "/nowhere".to_owned(), ..Inputs::default() };
    job::check(&Source::new("job.hcl", input), &inputs, plugin.as_ref(), &mut report);
    assert!(!text::render(&report, true).is_empty());
    json::render(&report).unwrap();
    sarif::render(&report).unwrap();
});
