//! Programs as scripts for busybox's shell. Each was tried by hand against real Podman.

use nomad_driver_podman::adapters::memory::program::FILL_LINE;
use nomad_driver_podman::adapters::memory::{Program, Step};
use nomad_driver_podman::domain::log::Stream;
use std::fmt::Write;

/// The command line that runs `program`; arguments are appended to it.
pub fn command(program: &Program) -> Vec<String> {
    // The last word is what the shell calls itself; arguments come after it.
    ["sh", "-c", &script(program), "sh"].map(str::to_owned).to_vec()
}

fn script(program: &Program) -> String {
    let mut script = Script { text: String::new(), handlers: 0, handles: handles(program) };
    script.steps(program);
    script.text
}

/// Whether it handles a signal, which a shell can only do while it waits for a child in the background.
fn handles(program: &Program) -> bool {
    program.steps().iter().any(|step| match step {
        Step::Trap(_, handler) => !handler.steps().is_empty(),
        Step::Fork(child) => handles(child),
        _ => false,
    })
}

struct Script {
    text: String,
    handlers: usize,
    handles: bool,
}

impl Script {
    fn steps(&mut self, program: &Program) {
        program.steps().iter().for_each(|step| self.step(step));
    }

    fn line(&mut self, line: impl AsRef<str>) {
        self.text.push_str(line.as_ref());
        self.text.push('\n');
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Out(stream, bytes) => self.line(format!("printf {}{}", format(bytes), redirect(*stream))),
            Step::Fill(stream, count) => self.fill(*stream, *count),
            Step::Sleep(duration) => {
                let wait = if self.handles { " & wait $!" } else { "" };
                self.line(format!("sleep {}{wait}", duration.as_secs_f64()));
            }
            // Without a shell around it, the sleep itself is the first process and nothing outlives a kill.
            Step::Forever if !self.handles => self.line("exec sleep 1000000"),
            Step::Forever => self.line("while :; do sleep 1000000 & wait $!; done"),
            Step::Exit(code) => self.line(format!("exit {code}")),
            Step::Trap(signal, handler) => self.trap(signal.number(), handler),
            Step::Fork(program) => {
                self.line("{");
                self.steps(program);
                self.line(":; } &");
            }
            Step::Write(path, bytes) => {
                self.line(format!("printf {} > {} || exit 1", format(bytes), quoted(path)));
            }
            other => self.line(simple(other)),
        }
    }

    fn fill(&mut self, stream: Stream, count: u64) {
        let line = String::from_utf8_lossy(FILL_LINE);
        self.line(format!("yes {} | head -c {count}{}", line.trim_end(), redirect(stream)));
    }

    fn trap(&mut self, signal: u8, handler: &Program) {
        if handler.steps().is_empty() {
            return self.line(format!("trap '' {signal}"));
        }
        self.handlers += 1;
        let name = format!("handler{}", self.handlers);
        self.line(format!("{name}() {{"));
        self.steps(handler);
        self.line(format!("}}\ntrap {name} {signal}"));
    }
}

/// Steps that are one command.
fn simple(step: &Step) -> String {
    match step {
        Step::Cat => "cat".to_owned(),
        Step::PrintEnv(name) => format!("printf '%s\\n' \"${{{name}}}\""),
        Step::PrintAllEnv => "env".to_owned(),
        Step::PrintHostname => "hostname".to_owned(),
        Step::PrintUser => "id -u".to_owned(),
        Step::PrintDirectory => "pwd".to_owned(),
        Step::PrintPid => "echo $$".to_owned(),
        Step::PrintArgs => "for arg in \"$@\"; do printf '%s\\n' \"$arg\"; done".to_owned(),
        Step::PrintInterfaces => "sed -n 's/^ *\\([^:]*\\):.*/\\1/p' /proc/net/dev | sort".to_owned(),
        Step::PrintMount(path) => {
            format!("awk -v p={} '$2==p{{t=$3}} END{{if(t)print t}}' /proc/mounts", quoted(path))
        }
        Step::Read(path) => format!("cat {} || exit 1", quoted(path)),
        // In the place of the shell, so that it is the first process whom the kernel kills.
        Step::Allocate(bytes) => format!("exec tail -c {bytes} /dev/zero"),
        other => panic!("{other} is not a step of one command"),
    }
}

fn redirect(stream: Stream) -> &'static str {
    match stream {
        Stream::Stdout => "",
        Stream::Stderr => " >&2",
    }
}

/// A quoted format for printf that prints exactly these bytes.
fn format(bytes: &[u8]) -> String {
    let mut text = String::from("'");
    for byte in bytes {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b' ' => text.push(char::from(*byte)),
            _ => write!(text, "\\{byte:03o}").unwrap(),
        }
    }
    text + "'"
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[test]
fn scripts_say_what_programs_do() {
    let program: Program =
        "trap TERM {\nout it's\\n\nexit 3\n}\nerr %\nsleep 1500ms\nforever".parse().unwrap();
    let expected = "handler1() {\nprintf 'it\\047s\\012'\nexit 3\n}\ntrap handler1 15\nprintf '\\045' >&2\n\
                    sleep 1.5 & wait $!\nwhile :; do sleep 1000000 & wait $!; done\n";
    assert_eq!(script(&program), expected);
    assert_eq!(script(&"ignore HUP\nforever".parse().unwrap()), "trap '' 1\nexec sleep 1000000\n");
}
