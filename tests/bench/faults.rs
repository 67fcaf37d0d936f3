//! A driver that is no good is told in its column, with what it said; the others are measured all the same.

use crate::child::Harness;
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
    assert_eq!(output.status.code(), Some(1), "{printed}");
}

#[test]
fn a_driver_that_does_not_start_is_told() {
    let mute = Harness::new().driver("mute", "echo 'cannot find my socket' >&2\nexit 3\n");
    let harness = mute.missing("/nowhere/at/all");
    let run = harness.run(&["--only", "handshake"]);
    told(&run, "handshake_ms", &["handshake", "no handshake", "cannot find my socket"]);
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
