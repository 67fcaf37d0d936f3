use std::{fs::File, io::Read, panic::AssertUnwindSafe};

use serde_json::Value;
use time::format_description::well_known::Rfc3339;
use tracing::subscriber::with_default;

use super::*;

/// Runs `work` under a subscriber of ours and returns the lines it wrote.
fn lines_of(work: impl FnOnce()) -> Vec<String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    let log = Hclog::new(file.reopen().unwrap(), noon);
    with_default(subscriber(log), work);
    read(file.reopen().unwrap())
}

fn read(mut file: File) -> Vec<String> {
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn only(lines: Vec<String>) -> Value {
    assert_eq!(lines.len(), 1, "{lines:?}");
    serde_json::from_str(&lines[0]).unwrap()
}

fn noon() -> OffsetDateTime {
    OffsetDateTime::parse("2024-01-02T12:00:00.000006789Z", &Rfc3339).unwrap()
}

/// What the host does to a line: it panics where a known key is not a string.
fn host_survives(line: &Value) -> bool {
    ["@level", "@message", "@timestamp", "@module"].iter().all(|key| line[key].is_string())
}

#[test]
fn an_event_becomes_the_line_that_the_host_parses() {
    let lines = lines_of(|| tracing::info!(task_id = "t1", pid = 1_234_567, "started"));
    assert_eq!(
        lines,
        [concat!(
            r#"{"@level":"info","@message":"started","@module":"podman","#,
            r#""@timestamp":"2024-01-02T12:00:00.000006Z","pid":"1234567","task_id":"t1"}"#
        )]
    );
}

#[test]
fn whole_seconds_still_have_six_digits() {
    let at = OffsetDateTime::parse("2024-01-02T03:04:05Z", &Rfc3339).unwrap();
    let line = Line { level: Level::INFO, module: "m", at, fields: &Fields::default() }.render();
    assert!(line.contains(r#""@timestamp":"2024-01-02T03:04:05.000000Z""#), "{line}");
}

#[test]
fn no_field_can_take_the_place_of_the_hosts_keys() {
    let line = only(lines_of(|| {
        tracing::warn!("@level" = 7, "@message" = false, "@@timestamp" = 1.5, "@module" = "x", "kept");
    }));
    assert!(host_survives(&line));
    assert_eq!((&line["@level"], &line["@message"]), (&"warn".into(), &"kept".into()));
    assert_eq!((&line["level"], &line["timestamp"]), (&"7".into(), &"1.5".into()));
}

#[test]
fn an_event_without_a_message_has_an_empty_one() {
    let line = only(lines_of(|| tracing::error!(code = 125)));
    assert!(host_survives(&line));
    assert_eq!(line["@message"], "");
}

#[test]
fn a_message_of_several_lines_stays_one_line() {
    let line = only(lines_of(|| tracing::info!("a\nb\u{0}\u{2028}")));
    assert_eq!(line["@message"], "a\nb\u{0}\u{2028}");
}

#[test]
fn fields_of_spans_are_inherited_and_the_event_wins() {
    let line = only(lines_of(|| {
        let task = tracing::info_span!("task", task_id = "t1", image = tracing::field::Empty).entered();
        task.record("image", "busybox");
        let _inner = tracing::info_span!("pull", task_id = "t2").entered();
        tracing::info!(image = "alpine", "pulled");
    }));
    assert_eq!((&line["task_id"], &line["image"]), (&"t2".into(), &"alpine".into()));
}

#[test]
fn a_line_stays_below_what_the_host_reads_at_once() {
    for message in ["é".repeat(40_000), "\u{1}".repeat(200_000)] {
        let lines = lines_of(|| tracing::info!(huge = message, "{message}"));
        assert!(lines[0].len() < 64 * 1024, "{}", lines[0].len());
        let line = only(lines);
        assert!(host_survives(&line));
        assert_eq!(line["truncated"], "true");
    }
}

#[test]
fn our_trace_is_sent_and_the_libraries_chatter_is_not() {
    let lines = lines_of(|| {
        tracing::trace!("ours");
        tracing::debug!(target: "h2::codec", "frame");
        tracing::warn!(target: "hyper", "theirs");
    });
    assert_eq!(lines.len(), 2);
    assert!(lines[1].contains(r#""@module":"hyper""#));
}

#[test]
fn an_error_comes_with_its_causes_said_once() {
    #[derive(Debug, thiserror::Error)]
    #[error("cannot start {0}")]
    struct Outer(&'static str, #[source] Inner);
    #[derive(Debug, thiserror::Error)]
    #[error("dial: {0}")]
    struct Inner(#[source] io::Error);

    let refused = Inner(io::Error::other("refused"));
    assert_eq!(chain(&Outer("web", refused)), "cannot start web: dial: refused");
}

#[test]
fn a_panic_is_one_error_line() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let log = Hclog::new(file.reopen().unwrap(), noon);
    // The hook is the whole process', and other tests panic on their own: only this thread's panic is ours.
    let (ours, before) = (thread::current().id(), Arc::new(panic::take_hook()));
    let others = Arc::clone(&before);
    panic::set_hook(Box::new(move |info| {
        if thread::current().id() == ours { log.report_panic(info) } else { others(info) }
    }));
    let _ = panic::catch_unwind(AssertUnwindSafe(|| panic!("no {}", "way")));
    panic::set_hook(Box::new(move |info| before(info)));

    let line = only(read(file.reopen().unwrap()));
    assert_eq!(
        (&line["@level"], &line["@message"]),
        (&"error".into(), &"the plugin panicked: no way".into())
    );
    assert!(line["location"].as_str().unwrap().contains("hclog/tests.rs:"));
}

#[test]
fn a_panic_while_the_log_is_held_does_not_hang() {
    let log = Hclog::new(tempfile::tempfile().unwrap(), noon);
    let _held = log.sink.lock().unwrap();
    assert!(log.try_sink().is_none());
}
