//! Texts that a person wrote.

use super::text;
use nomad_driver_podman::adapters::cli::convert::job::convert as converted;
use nomad_driver_podman::adapters::cli::jobfile::{Inputs, Purpose, Source};
use nomad_driver_podman::adapters::cli::validate::report::Report;
use nomad_driver_podman::adapters::cli::validate::{agent, job as judge, json, sarif, text as plain};

/// Any text as a job and as an agent's configuration, judged and told in every form.
pub fn job(bytes: &[u8]) {
    let Some(input) = text(bytes) else { return };
    let mut report = Report::default();
    let plugin = agent::check(&Source::new("client.hcl", input), &mut report);
    // A job may name files of the node: relative ones are looked for where there are none.
    let inputs = Inputs { purpose: Purpose::Judge, base_dir: "/nowhere".to_owned(), ..Inputs::default() };
    judge::check(&Source::new("job.hcl", input), &inputs, plugin.as_ref(), &mut report);
    assert!(!plain::render(&report, true).is_empty());
    json::render(&report).unwrap();
    sarif::render(&report).unwrap();
}

/// Any text as a job of Docker: the result can be read, and there is nothing in it to convert.
pub fn convert(bytes: &[u8]) {
    let Some(input) = text(bytes) else { return };
    let source = Source::new("job.hcl", input);
    let readable = hcl_edit::parser::parse_body(input).is_ok();
    let Ok(conversion) = converted(&source) else { return assert!(!readable) };
    assert!(conversion.tasks > 0 || conversion.text == input);
    conversion.remarks.iter().for_each(|remark| drop(remark.to_string()));
    let again = converted(&Source::new("job.hcl", conversion.text.as_str())).unwrap();
    assert_eq!((again.tasks, again.text), (0, conversion.text));
}
