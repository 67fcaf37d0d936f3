//! Any text as a job of Docker: the result can be read, and there is nothing in it to convert.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nomad_driver_podman::adapters::cli::convert::job::convert;
use nomad_driver_podman::adapters::cli::jobfile::Source;

fuzz_target!(|input: &str| {
    let source = Source::new("job.hcl", input);
    let readable = hcl_edit::parser::parse_body(input).is_ok();
    let Ok(conversion) = convert(&source) else { return assert!(!readable) };
    assert!(conversion.tasks > 0 || conversion.text == input);
    conversion.remarks.iter().for_each(|remark| drop(remark.to_string()));
    let again = convert(&Source::new("job.hcl", conversion.text.as_str())).unwrap();
    assert_eq!((again.tasks, again.text), (0, conversion.text));
});
