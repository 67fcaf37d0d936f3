//! Text and program are two forms of the same.

use super::*;
use proptest::prelude::*;

#[test]
fn a_program_is_read_line_by_line() {
    let text = "
        # a comment
        trap TERM {
          out bye\\n
          exit 3
        }
        ignore HUP
        out two  spaces \\x00\\\\
        write /tmp/x  y
        sleep 1.5s
        fork {
          forever
        }
        env A
        env
    ";
    let out = |text: &[u8]| Step::Out(Stream::Stdout, text.to_vec());
    let expected = Program::from([
        Step::Trap(Signal::TERM, Program::from([out(b"bye\n"), Step::Exit(3)])),
        Step::Trap(Signal::HUP, Program::default()),
        out(b"two  spaces \0\\"),
        Step::Write("/tmp/x".to_owned(), b" y".to_vec()),
        Step::Sleep(std::time::Duration::from_millis(1500)),
        Step::Fork(Program::from([Step::Forever])),
        Step::PrintEnv("A".to_owned()),
        Step::PrintAllEnv,
    ]);
    assert_eq!(text.parse(), Ok(expected));
}

#[test]
fn mistakes_are_told_with_their_line() {
    let cases = [
        ("exti 1", 1, "unknown step"),
        ("\n\nexit 256", 3, "no number"),
        ("cat\n}", 2, "nothing to close"),
        ("fork {\ncat", 2, "not closed"),
        ("out \\q", 1, "after \\"),
        ("trap KILL {\n}", 1, "cannot be caught"),
        ("ignore STOP", 1, "cannot be caught"),
        ("ignore NOPE", 1, "unknown signal"),
        ("sleep 5", 1, "unknown unit"),
        ("fill x 5", 1, "fill out N"),
        ("forever 5", 1, "unknown step"),
    ];
    for (text, line, reason) in cases {
        let error = text.parse::<Program>().unwrap_err();
        assert_eq!(error.line, line, "{text}");
        assert!(error.reason.contains(reason), "{text}: {error}");
    }
}

#[test]
fn blocks_in_blocks_have_a_limit() {
    let nested = |depth| "fork {\n".repeat(depth) + &"}\n".repeat(depth);
    assert!(nested(DEPTH).parse::<Program>().is_ok());
    assert!(nested(DEPTH + 1).parse::<Program>().is_err());
    assert!(nested(100_000).parse::<Program>().is_err());
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..12)
}

fn caught() -> impl Strategy<Value = Signal> {
    (1i64..=64).prop_filter_map("caught", |n| Signal::from_number(n).filter(|signal| can_be_caught(*signal)))
}

fn stream() -> impl Strategy<Value = Stream> {
    prop_oneof![Just(Stream::Stdout), Just(Stream::Stderr)]
}

fn leaf() -> impl Strategy<Value = Step> {
    let name = "[A-Za-z_/.]{1,8}";
    prop_oneof![
        (stream(), bytes()).prop_map(|(stream, bytes)| Step::Out(stream, bytes)),
        (stream(), any::<u64>()).prop_map(|(stream, count)| Step::Fill(stream, count)),
        (0u64..1 << 62).prop_map(|nanos| Step::Sleep(std::time::Duration::from_nanos(nanos))),
        any::<u8>().prop_map(Step::Exit),
        any::<u64>().prop_map(Step::Allocate),
        name.prop_map(Step::PrintEnv),
        name.prop_map(Step::PrintMount),
        name.prop_map(Step::Read),
        (name, bytes()).prop_map(|(path, bytes)| Step::Write(path, bytes)),
        prop::sample::select(vec![
            Step::Forever,
            Step::Cat,
            Step::PrintAllEnv,
            Step::PrintHostname,
            Step::PrintUser,
            Step::PrintDirectory,
            Step::PrintPid,
            Step::PrintArgs,
            Step::PrintInterfaces,
        ]),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    leaf().prop_recursive(3, 12, 4, |inner| {
        let steps = prop::collection::vec(inner, 0..4);
        prop_oneof![
            steps.clone().prop_map(|steps| Step::Fork(Program::from(steps))),
            (caught(), steps).prop_map(|(signal, steps)| Step::Trap(signal, Program::from(steps))),
        ]
    })
}

proptest! {
    #[test]
    fn every_program_prints_a_text_that_reads_back(steps in prop::collection::vec(step(), 0..6)) {
        let program = Program::from(steps);
        prop_assert_eq!(program.to_string().parse::<Program>(), Ok(program));
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,60}") {
        let _ = text.parse::<Program>();
    }
}
