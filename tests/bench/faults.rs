//! A driver that is no good is told in its column, with what it said; the others are measured all the same.

use crate::child::{Harness, alone_on_podman};
use crate::relay::{Cut, Relay};
use crate::table::ROWS;
use serde_json::Value;
use std::process::Output;

/// The plugin says hello and then nothing any more.
const STUCK: &str = r#"
"$REAL" > "$MARK" 2>/dev/null &
while ! grep -q unix "$MARK"; do sleep 0.01; done
kill -STOP $!
echo "stuck in a call" >&2
cat "$MARK"
"#;

/// A driver did not survive a measurement.
const FAILED: i32 = 4;

fn failures(json: &Value) -> String {
    let failures = json["drivers"][1]["failures"].as_array().expect("a second column");
    failures.iter().map(|failure| format!("{}: {}\n", failure[0], failure[1])).collect()
}

/// The second driver failed in these words, in the file and on the terminal; the first has this figure.
fn told((output, json): &(Output, Value), figure: &str, words: &[&str]) {
    let printed = String::from_utf8_lossy(&output.stdout);
    let failures = failures(json);
    for word in words {
        assert!(failures.contains(word), "no {word:?} in {failures}");
        assert!(printed.contains(word), "no {word:?} in {printed}");
    }
    assert!(json["drivers"][0]["figures"][figure].is_f64(), "the good driver has no {figure}: {printed}");
    assert!(json["drivers"][0]["failures"].as_array().unwrap().is_empty(), "{printed}");
    assert!(json["drivers"][1]["figures"][figure].is_null(), "a figure of a driver that failed: {json}");
    assert_eq!(output.status.code(), Some(FAILED), "{printed}");
}

#[test]
fn a_driver_that_does_not_start_is_told() {
    let mute = Harness::new().driver("mute", "echo 'cannot find my socket' >&2\nexit 3\n");
    let harness = mute.missing("/nowhere/at/all");
    let run = harness.run(&["--only", "handshake"]);
    told(&run, "handshake_ms", &["handshake", "no handshake", "cannot find my socket"]);
    let printed = String::from_utf8_lossy(&run.0.stdout);
    let cells = printed.lines().find(|line| line.contains("exec to handshake line")).unwrap();
    assert_eq!(cells.matches("failed").count(), 2, "{printed}");
    let missing = run.1["drivers"][2]["failures"].to_string();
    assert!(missing.contains("No such file"), "{missing}");
    assert_eq!(harness.left(), Vec::<String>::new());
}

#[test]
fn a_driver_that_hangs_before_its_handshake_is_told() {
    let harness = Harness::new().driver("waiting", "echo 'waiting for a lock' >&2\nexec sleep 1000\n");
    let run = harness.run(&["--only", "handshake"]);
    told(&run, "handshake_ms", &["the handshake: not within", "waiting for a lock"]);
    assert_eq!(harness.left(), Vec::<String>::new());
}

#[test]
fn a_driver_that_hangs_in_a_call_is_told() {
    let harness = Harness::new().driver("stuck", &format!("{STUCK}wait\n"));
    let run = harness.run(&["--only", "idle"]);
    told(&run, "idle_rss_mib", &["idle", "not within", "stuck in a call"]);
    assert_eq!(harness.left(), Vec::<String>::new());
}

#[test]
fn a_driver_that_dies_in_a_call_is_told() {
    let dying = "sleep 0.2\nkill -KILL $!\necho 'out of memory' >&2\nexit 137\n";
    let harness = Harness::new().driver("dying", &format!("{STUCK}{dying}"));
    let run = harness.run(&["--only", "idle"]);
    told(&run, "idle_rss_mib", &["idle", "stuck in a call", "out of memory"]);
    assert_eq!(harness.left(), Vec::<String>::new());
}

#[test]
fn a_run_in_which_all_is_well_ends_so_and_says_what_it_was() {
    let harness = Harness::new();
    let (output, json) = harness.run(&["--only", "handshake,idle"]);
    let printed = String::from_utf8_lossy(&output.stdout);
    // The only goal that can be judged without another driver.
    let goal = json["rows"].as_array().unwrap().iter().find(|row| row["key"] == "idle_anon_mib").unwrap();
    let status = i32::from(goal["verdict"] == "NOT MET");
    assert_eq!(output.status.code(), Some(status), "{printed}");
    assert_eq!(
        json["flags"],
        serde_json::json!({ "quick": true, "only": ["handshake", "idle"], "thousand": false, "starts": null })
    );
    assert_eq!(json["drivers"][0]["version"], env!("CARGO_PKG_VERSION"));
    assert!(json["date"].as_str().unwrap().ends_with('Z'), "{json}");
    assert!(json["skipped"].to_string().contains("NDP_PODMAN_SOCKET"), "{json}");
    assert_eq!(harness.left(), Vec::<String>::new());
}

#[test]
fn the_table_finds_its_place_in_a_document() {
    let harness = Harness::new().missing("/nowhere/at/all");
    let document = harness.file("document.md");
    let place = |table: &str| {
        format!(
            "before\n<!-- begin of the table that `--markdown` writes -->\n{table}<!-- end of the table -->\nafter\n"
        )
    };
    std::fs::write(&document, place("an old one\n")).unwrap();
    harness.run(&["--only", "binary", "--markdown", document.to_str().unwrap()]);
    let text = std::fs::read_to_string(&document).unwrap();
    let row =
        text.lines().find(|line| line.starts_with("| `binary_mib` | size of the binary | MiB | ")).unwrap();
    assert!(row.contains("| failed | <= 12 |"), "{row}");
    let table: String =
        text.lines().filter(|line| line.starts_with('|')).map(|line| format!("{line}\n")).collect();
    assert_eq!(text, place(&table));
}

#[test]
fn charts_are_drawn() {
    let harness = Harness::new().driver("real", "exec \"$REAL\"\n");
    let charts = harness.file("charts");
    let (output, _) = harness.run(&["--only", "handshake", "--plot", charts.to_str().unwrap()]);
    for chart in ["handshake_ms.svg", "spread-handshake.svg"] {
        let drawn = std::fs::read_to_string(charts.join(chart)).unwrap_or_default();
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(
            drawn.starts_with("<svg") && drawn.trim_end().ends_with("</svg>"),
            "{chart}: {drawn}, {printed}"
        );
        assert!(drawn.contains("this driver") && drawn.contains("real"), "{chart}: {drawn}");
    }
}

/// The only driver fails in its first StartTask, in these words, while its container is there; nothing is left.
fn fails_in_start_task(cut: Cut, word: &str) {
    let Some(podman) = alone_on_podman() else { return };
    let harness = Harness::new();
    let relay = Relay::new(&harness.file("relay"), cut);
    let harness = harness.with_podman_at(relay.path());
    let (output, json) = harness.run(&["--only", "stop"]);
    let failures = json["drivers"][0]["failures"].to_string();
    assert!(relay.saw_a_start(), "{failures}");
    assert!(failures.contains(word), "{failures}");
    assert_eq!(output.status.code(), Some(FAILED), "{failures}");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(printed.lines().any(|line| line.contains("StopTask") && line.contains("failed")), "{printed}");
    assert_eq!(podman.containers(), 0);
    assert_eq!(harness.left(), Vec::<String>::new());
}

#[test]
fn a_driver_that_hangs_in_start_task_leaves_no_container() {
    fails_in_start_task(Cut::Hang, "StartTask: not within");
}

#[test]
fn a_driver_that_dies_in_start_task_leaves_no_container() {
    fails_in_start_task(Cut::Kill, "it has ended");
}

/// These measurements bring every figure that the table has of them.
fn has_all_figures(harness: &Harness, measurements: &[&str], rows: &[&str]) {
    let (output, json) = harness.run(&["--only", &measurements.join(",")]);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(json["drivers"][0]["failures"], serde_json::json!([]), "{printed}");
    let figures = &json["drivers"][0]["figures"];
    let expected = ROWS.iter().filter(|row| measurements.contains(&row.of) || rows.contains(&row.of));
    let missing: Vec<&str> = expected.map(|row| row.key).filter(|key| !figures[key].is_f64()).collect();
    assert!(missing.is_empty(), "{missing:?}: {printed}");
    assert_eq!(harness.left(), Vec::<String>::new());
}

/// `stats` is a part of `population`, with more tasks.
#[test]
fn a_first_look_at_podman_has_every_figure() {
    let Some(podman) = alone_on_podman() else { return };
    let measurements = ["handshake", "idle", "start", "exit", "stop", "logs", "population", "exec"];
    has_all_figures(&Harness::new().with_podman().patient(), &measurements, &["log delay"]);
    assert_eq!(podman.containers(), 0);
}

#[test]
fn a_first_look_without_podman_has_every_figure() {
    has_all_figures(&Harness::new().patient(), &["binary", "splitter", "validate", "simulator"], &[]);
}
