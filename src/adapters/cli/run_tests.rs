use super::*;
use crate::adapters::cli::alloc::AllocRoot;
use crate::adapters::cli::jobfile::{self, Inputs, Source};
use crate::adapters::cli::summary::Verdict;
use crate::adapters::cli::tasks::TaskError;
use crate::adapters::cli::testing::{Act, Screen, Script, TestClock, job_text};

/// A finished run.
struct Played {
    summary: Summary,
    calls: Vec<String>,
    screen: String,
    seconds: u64,
}

impl Played {
    fn verdicts(&self) -> Vec<(&str, Verdict)> {
        self.summary.0.iter().map(|report| (report.name.as_str(), report.verdict)).collect()
    }

    fn count(&self, call: &str) -> usize {
        self.calls.iter().filter(|made| made.starts_with(call)).count()
    }

    fn at(&self, call: &str) -> usize {
        self.calls
            .iter()
            .position(|made| made.starts_with(call))
            .unwrap_or_else(|| panic!("{call}: {:?}", self.calls))
    }
}

/// Plays a job; `interrupts` are the seconds at which Ctrl-C is hit.
async fn play_job(text: &str, script: Script, limit: Option<u64>, interrupts: &[u64]) -> Played {
    let file = jobfile::read(&Source::new("job.hcl", text), &Inputs::default());
    let file = file.unwrap_or_else(|findings| panic!("{findings}"));
    let (clock, screen, script) = (Arc::new(TestClock::default()), Screen::default(), Arc::new(script));
    let root = AllocRoot::make(None, &*clock).unwrap();
    let plan = Plan::make(file.job, root.path(), &*clock).unwrap();
    let output = Arc::new(Output::new(clock.clone(), plan.labels(), Box::new(screen.clone())));
    let run =
        Run { tasks: script.clone(), clock: clock.clone(), output, limit: limit.map(Duration::from_secs) };
    let (sender, receiver) = mpsc::channel(1);
    let start = clock.now();
    for second in interrupts.iter().copied() {
        let sender = sender.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(second)).await;
            sender.send(()).await.unwrap();
        });
    }
    let summary = run.play(&plan, receiver).await;
    let seconds = clock.now().since(start).as_secs();
    Played { summary, calls: script.calls(), screen: screen.text(), seconds }
}

fn task(name: &str, rest: &str) -> String {
    format!("task \"{name}\" {{\n driver = \"podman\"\n config {{\n image = \"a\"\n }}\n {rest}\n }}\n")
}

fn hook(hook: &str, sidecar: bool) -> String {
    format!("lifecycle {{\n hook = \"{hook}\"\n sidecar = {sidecar}\n }}")
}

fn ends(seconds: u64, code: i32) -> Act {
    Act::Ends(Duration::from_secs(seconds), code)
}

fn runs() -> Act {
    Act::Runs(Duration::from_secs(1))
}

#[tokio::test(start_paused = true)]
async fn a_batch_task_that_succeeds_ends_the_run() {
    let text = job_text("batch", &task("a", ""));
    let played = play_job(&text, Script::new([("a", vec![ends(3, 0)])]), None, &[]).await;
    assert_eq!(played.calls, ["start a", "destroy a"]);
    assert_eq!((played.verdicts(), played.summary.exit_status()), (vec![("a", Verdict::Succeeded)], 0));
    assert_eq!(played.seconds, 3);
    assert!(played.screen.contains("a  exit     Ended with exit code 0"), "{}", played.screen);
}

#[tokio::test(start_paused = true)]
async fn failures_are_restarted_by_the_policy_and_then_fail_the_group() {
    let policy = "restart {\n attempts = 2\n delay = \"10s\"\n }";
    let text = job_text("service", &format!("{policy}\n{}{}", task("a", ""), task("b", "")));
    let script = Script::new([("a", vec![ends(1, 7)]), ("b", vec![runs()])]);
    let played = play_job(&text, script, None, &[]).await;
    assert_eq!((played.count("start a"), played.count("destroy a")), (3, 3));
    assert_eq!(played.verdicts(), [("a", Verdict::Failed), ("b", Verdict::Stopped)]);
    assert_eq!((played.summary.exit_status(), played.count("stop b")), (1, 1));
    assert!(played.screen.contains("2 restarts within 1800s are used up"), "{}", played.screen);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_succeeds_is_started_again_until_the_time_is_up() {
    let text = job_text("service", &task("a", "restart {\n attempts = 5\n delay = \"1s\"\n}"));
    let played = play_job(&text, Script::new([("a", vec![ends(1, 0)])]), Some(4), &[]).await;
    assert_eq!((played.count("start a"), played.seconds), (2, 4));
    assert_eq!(played.summary.exit_status(), 0);
    assert!(played.screen.contains("4s are over: stopping"), "{}", played.screen);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_failed_and_waits_for_its_restart_has_not_been_stopped_on_request() {
    let text = job_text("service", &task("a", ""));
    let played = play_job(&text, Script::new([("a", vec![ends(1, 1)])]), Some(5), &[]).await;
    assert_eq!((played.summary.exit_status(), played.seconds), (1, 5));
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_stops_with_the_tasks_own_signal_and_timeout() {
    let text = job_text("service", &task("a", "kill_signal = \"SIGINT\"\nkill_timeout = \"9s\""));
    let played = play_job(&text, Script::new([("a", vec![runs()])]), None, &[2]).await;
    assert_eq!(played.calls, ["start a", "stop a 9s SIGINT", "destroy a"]);
    assert_eq!((played.verdicts(), played.seconds), (vec![("a", Verdict::Stopped)], 3));
    assert_eq!(played.summary.exit_status(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_second_interrupt_kills() {
    let stubborn = Act::Runs(Duration::from_secs(600));
    let text = job_text("service", &task("a", "kill_timeout = \"10m\""));
    let played = play_job(&text, Script::new([("a", vec![stubborn])]), None, &[2, 4]).await;
    assert_eq!(played.calls[2], "destroy a by force");
    assert_eq!((played.seconds, played.summary.exit_status()), (4, 0));
}

#[tokio::test(start_paused = true)]
async fn a_start_that_hangs_is_given_up_by_the_second_interrupt() {
    let text = job_text("service", &task("a", ""));
    let played = play_job(&text, Script::new([("a", vec![Act::Hangs])]), None, &[1, 2]).await;
    assert_eq!(played.calls, ["start a", "destroy a by force"]);
    assert_eq!(played.seconds, 2);
}

#[tokio::test(start_paused = true)]
async fn only_recoverable_start_errors_are_tried_again() {
    let refuses = |recoverable| Act::Refuses(TaskError::new(recoverable, "no such image"));
    let text = job_text("batch", &task("a", ""));
    let played = play_job(&text, Script::new([("a", vec![refuses(true), ends(1, 0)])]), None, &[]).await;
    assert_eq!((played.count("start a"), played.summary.exit_status()), (2, 0));
    let played = play_job(&text, Script::new([("a", vec![refuses(false)])]), None, &[]).await;
    assert_eq!((played.count("start a"), played.summary.exit_status()), (1, 1));
    assert!(played.screen.contains("Cannot start: no such image"), "{}", played.screen);
}

#[tokio::test(start_paused = true)]
async fn lifecycle_hooks_run_in_their_order() {
    let tasks = [
        task("pre", &hook("prestart", false)),
        task("side", &hook("prestart", true)),
        task("main", ""),
        task("post", &hook("poststart", false)),
        task("bye", &hook("poststop", false)),
    ];
    let script = Script::new([
        ("pre", vec![ends(2, 0)]),
        ("side", vec![runs()]),
        ("main", vec![ends(5, 0)]),
        ("post", vec![ends(1, 0)]),
        ("bye", vec![ends(1, 0)]),
    ]);
    let played = play_job(&job_text("batch", &tasks.concat()), script, None, &[]).await;
    let order = ["start side", "destroy pre", "start main", "start post", "destroy main", "start bye"];
    assert!(order.windows(2).all(|pair| played.at(pair[0]) < played.at(pair[1])), "{:?}", played.calls);
    assert!(played.at("destroy main") < played.at("stop side"), "{:?}", played.calls);
    assert_eq!(played.summary.exit_status(), 0, "{:?}", played.verdicts());
}

#[tokio::test(start_paused = true)]
async fn a_failed_prestart_task_keeps_the_main_one_from_starting() {
    let policy = "restart {\n attempts = 0\n}\n".to_owned();
    let tasks = policy + &task("pre", &hook("prestart", false)) + &task("main", "");
    let played =
        play_job(&job_text("batch", &tasks), Script::new([("pre", vec![ends(1, 1)])]), None, &[]).await;
    assert_eq!(played.verdicts(), [("pre", Verdict::Failed), ("main", Verdict::NotStarted)]);
    assert_eq!(played.summary.exit_status(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_leader_ends_its_group() {
    let tasks = task("lead", "leader = true") + &task("follow", "");
    let script = Script::new([("lead", vec![ends(2, 0)]), ("follow", vec![runs()])]);
    let played = play_job(&job_text("batch", &tasks), script, None, &[]).await;
    assert_eq!(played.verdicts(), [("lead", Verdict::Succeeded), ("follow", Verdict::Stopped)]);
    assert_eq!(played.summary.exit_status(), 0);
}

#[tokio::test(start_paused = true)]
async fn allocations_of_a_group_are_told_apart_and_fail_alone() {
    let text = job_text("batch", &format!("count = 3\nrestart {{\n attempts = 0\n}}\n{}", task("a", "")));
    let script = Script::new([("a", vec![ends(1, 1), ends(9, 0)])]);
    let played = play_job(&text, script, None, &[]).await;
    let names: Vec<&str> = played.summary.0.iter().map(|report| report.name.as_str()).collect();
    assert_eq!(names, ["a[0]", "a[1]", "a[2]"]);
    let good = played.verdicts().iter().filter(|(_, verdict)| *verdict == Verdict::Succeeded).count();
    assert_eq!((good, played.seconds, played.summary.exit_status()), (2, 9, 1));
}

#[tokio::test(start_paused = true)]
async fn a_task_gets_what_nomad_would_give_it() {
    let inside = "network {\n port \"db\" {\n static = 7000\n to = 6379\n }\n }\n".to_owned()
        + "task \"a\" {\n driver = \"podman\"\n config {\n image = \"a\"\n args = [\"${NOMAD_PORT_db}\", \"${env.X}\"]\n }
           env {\n X = \"${NOMAD_ALLOC_INDEX}-${UNKNOWN}\"\n }\n resources {\n cores = 2\n }\n }";
    let source = Source::new("job.hcl", job_text("service", &inside));
    let job = jobfile::read(&source, &Inputs::default()).unwrap().job;
    let clock = TestClock::default();
    let root = AllocRoot::make(None, &clock).unwrap();
    let plan = Plan::make(job, root.path(), &clock).unwrap();
    let request = &plan.allocs[0].tasks[0].request;
    assert_eq!(request.env.reveal("NOMAD_HOST_PORT_db"), Some("7000"));
    assert_eq!(request.env.reveal("NOMAD_SECRETS_DIR"), Some("/secrets"));
    assert_eq!(request.env.reveal("NOMAD_ALLOC_NAME"), Some("j.g[0]"));
    assert_eq!(request.env.reveal("X"), Some("0-${UNKNOWN}"));
    assert_eq!(request.resources.cpuset, "0,1");
    let config = crate::domain::config::TaskConfig::decode(&request.config).unwrap();
    assert_eq!(config.process.args, ["6379", "0-${UNKNOWN}"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_known_only_now_is_checked_before_anything_starts() {
    let inside = "count = 2\ntask \"a\" {\n driver = \"podman\"\n config {\n image = \"a\"\n tmpfs = [\"/ok\", \"${NOMAD_DC}\"]\n args = [\"${NOMAD_GONE}\"]\n }\n }";
    let source = Source::new("job.hcl", job_text("service", inside));
    let job = jobfile::read(&source, &Inputs::default()).unwrap().job;
    let clock = TestClock::default();
    let root = AllocRoot::make(None, &clock).unwrap();
    let shown = Plan::make(job, root.path(), &clock).unwrap_err().to_string();
    for part in ["job.hcl:10:10: args[0]: ${NOMAD_GONE} is not known", "job.hcl:9:18: tmpfs[1]: "] {
        assert_eq!(shown.matches(part).count(), 1, "{part} in\n{shown}");
    }
}
