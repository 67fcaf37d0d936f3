use super::model::{JobKind, Lifecycle, PortTarget, RestartMode, Task};
use super::*;
use crate::domain::config::{TaskConfig, Value};
use std::time::Duration;

fn read_text(text: &str, inputs: &Inputs) -> Result<JobFile, Findings> {
    read(&Source::new("job.hcl", text), inputs)
}

/// A job around the inside of a task.
fn with_task(inside: &str) -> String {
    format!("job \"j\" {{\n group \"g\" {{\n task \"t\" {{\n driver = \"podman\"\n{inside}\n}}\n}}\n}}\n")
}

fn task(inside: &str) -> Task {
    let file = read_text(&with_task(inside), &Inputs::default()).unwrap();
    file.job.groups[0].tasks[0].clone()
}

/// The value of a `config` block, whatever the driver thinks of it.
fn config(inside: &str) -> Value {
    let mut eval =
        Evaluator::new(Source::new("job.hcl", format!("config {{\n{inside}\n}}")), "", Purpose::Play);
    let body = parse(&mut eval).unwrap();
    let block = body.blocks().next().unwrap();
    let config = super::config::read(&mut eval, &BlockView::of(block, &Bound::default()));
    assert_eq!(eval.problems, Findings::default());
    config.value
}

fn problems(text: &str) -> Vec<String> {
    let findings = read_text(text, &Inputs::default()).unwrap_err();
    let line = |finding: &Finding| {
        let place = finding.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
        format!("{place}{}", finding.reason)
    };
    findings.0.iter().map(line).collect()
}

fn example(name: &str, inputs: &Inputs) -> JobFile {
    let path = format!("{}/examples/{name}", env!("CARGO_MANIFEST_DIR"));
    let source = Source::new(name, std::fs::read_to_string(path).unwrap());
    read(&source, inputs).unwrap_or_else(|findings| panic!("{findings}"))
}

fn text_list(items: &[&str]) -> Value {
    Value::from(items.to_vec())
}

#[test]
fn the_redis_example_has_nomads_defaults() {
    let job = example("redis.nomad.hcl", &Inputs::default()).job;
    assert_eq!(
        (job.kind, job.namespace.as_str(), job.region.as_str()),
        (JobKind::Service, "default", "global")
    );
    let group = &job.groups[0];
    assert_eq!((group.restart.attempts, group.restart.mode), (2, RestartMode::Fail));
    assert_eq!(group.network.as_ref().unwrap().ports[0].to, PortTarget::Port(6379));
    let redis = &group.tasks[0];
    assert_eq!((redis.kill_timeout, redis.resources.memory), (Duration::from_secs(5), 256));
    let config = TaskConfig::decode(&redis.config.value).unwrap();
    assert_eq!(config.network.ports[0].label, "db");
}

#[test]
fn all_examples_are_read_and_their_options_are_accepted() {
    for name in ["redis", "batch", "web", "variables"] {
        let file = example(&format!("{name}.nomad.hcl"), &Inputs::default());
        assert_eq!(file.notices, Findings::default(), "{name}");
        for task in file.job.groups.iter().flat_map(|group| &group.tasks) {
            TaskConfig::decode(&task.config.value).unwrap();
        }
    }
}

#[test]
fn the_variables_example_evaluates_what_is_known_and_keeps_the_rest() {
    let vars = vec![("tag".to_owned(), "7.4".to_owned()), ("ports".to_owned(), r#"{"db":1}"#.to_owned())];
    let job = example("variables.nomad.hcl", &Inputs { vars, ..Inputs::default() }).job;
    let group = &job.groups[0];
    let ports = &group.network.as_ref().unwrap().ports;
    assert_eq!((ports.len(), ports[0].label.as_str(), ports[0].to), (1, "db", PortTarget::Port(1)));
    let redis = &group.tasks[0];
    assert_eq!(redis.env["OWNER"], "7.4-DB");
    assert_eq!(redis.env["WHERE"], "${NOMAD_ALLOC_ID} on ${attr.kernel.name}");
    let Value::Map(config) = &redis.config.value else { panic!("{redis:?}") };
    assert_eq!(config["image"], Value::from("docker://redis:7.4"));
    let args = text_list(&["--save", "60 1", "--loglevel", "verbose", "--port", "${NOMAD_PORT_db}"]);
    assert_eq!(config["args"], args);
}

#[test]
fn config_values_have_the_shapes_that_nomad_sends() {
    let object = |name: &str, value: i64| Value::object([(name, Value::from(value))]);
    let list = |items: Vec<Value>| Value::List(items);
    for (text, expected) in [
        ("k {\n a = 1\n}", list(vec![object("a", 1)])),
        ("k {\n a = 1\n}\nk {\n a = 2\n}", list(vec![object("a", 1), object("a", 2)])),
        ("k = { a = 1 }", list(vec![object("a", 1)])),
        ("k = [{ a = 1 }]", list(vec![object("a", 1)])),
        ("k = merge({ a = 1 }, {})", object("a", 1)),
        ("k \"one\" {\n a = 1\n}", list(vec![Value::object([("one", list(vec![object("a", 1)]))])])),
        ("k = \"${NOMAD_PORT_x}\"", Value::from("${NOMAD_PORT_x}")),
        ("k = NOMAD_PORT_x", Value::from("${NOMAD_PORT_x}")),
        ("k = \"${upper(\"a\")}-${env[\"X\"]}\"", Value::from("A-${env[\"X\"]}")),
        ("k = \"$${keep} \\\"q\\\" \\n\"", Value::from("${keep} \"q\" \n")),
        ("k = \"${true ? NOMAD_A : 1}\"", Value::from("${NOMAD_A}")),
        ("k = [for x in [1, 2]: x + 1]", Value::from(vec![2_i64, 3])),
        ("k = [for x in [\"a\"]: upper(x)]", Value::from(vec!["A"])),
        ("k = [for x in compact([\"a\", \"\"]): x]", Value::from(vec!["a"])),
        ("k = true ? upper(\"a\") : \"b\"", Value::from("A")),
        ("k = { (lower(\"A\")) = 1 }", list(vec![object("a", 1)])),
        ("k = 1.5", Value::Float(1.5)),
        (
            "k = <<-EOT\n    one ${upper(\"x\")}\n      ${NOMAD_A}\n    EOT",
            Value::from("one X\n  ${NOMAD_A}\n"),
        ),
        ("k = \"%{ for x in [1, 2] ~}\n${x}%{ endfor }\"", Value::from("12")),
    ] {
        assert_eq!(config(text), Value::object([("k", expected)]), "{text}");
    }
    assert_eq!(config("k = null"), Value::empty());
}

#[test]
fn every_value_of_a_config_block_has_its_place() {
    let inside = "config {\n  image = \"a\"\n  volumes = [\"/a:/b\",\n    \"/c:/d\"]\n  port_map {\n    db = 99\n  }\n}";
    let spans = task(inside).config.spans;
    let at = |path: &str| spans.place(path).position();
    assert_eq!(at("image"), (6, 11));
    assert_eq!(at("volumes[1]"), (8, 5));
    assert_eq!(at("volumes[7]"), (7, 13));
    assert_eq!(at("port_map.db"), (10, 10));
    assert_eq!(at("port_map.gone"), (9, 3));
    assert_eq!(at("command"), (5, 1));
}

#[test]
fn all_problems_are_named_with_line_and_column() {
    let found = problems(&with_task(
        "config {\n image = var.image\n args = [local.a, nope(1), \"${1 + \"x\"}\"]\n}\nkill_timeout = \"5\"\nmemroy = 5",
    ));
    assert_eq!(found.len(), 6, "{found:#?}");
    for (line, part) in found.iter().zip([
        "job.hcl:6:10: var.image is not declared",
        "job.hcl:7:10: local.a is not declared",
        "job.hcl:7:19: function nope is not known",
        "job.hcl:7:28: cannot be evaluated",
        "job.hcl:9:16: kill_timeout is no duration",
        "job.hcl:10:1: memroy is not known in a task block",
    ]) {
        assert!(line.starts_with(part), "{line}");
    }
}

#[test]
fn options_are_checked_with_the_rest_of_the_file() {
    let found = problems(&with_task(
        "config {\n image = var.image\n voluems = []\n tmpfs = [\"/ok\", \"bad\"]\n args = [\"${NOMAD_X}\", \"${vra.x}\"]\n init = 5\n}",
    ));
    assert_eq!(found.len(), 5, "{found:#?}");
    for (line, part) in found.iter().zip([
        "job.hcl:6:10: var.image is not declared",
        "job.hcl:7:2: voluems: the driver has no such option",
        "job.hcl:8:18: tmpfs[1]: ",
        "job.hcl:9:24: args[1]: ${vra.x} is not known",
        "job.hcl:10:9: init: must be true or false",
    ]) {
        assert!(line.starts_with(part), "{line}");
    }
}

#[test]
fn a_network_at_job_level_is_refused_by_name() {
    let found = problems(
        "job \"j\" {\n network {\n  port \"db\" {}\n }\n group \"cache\" {\n  task \"t\" {\n   driver = \"docker\"\n  }\n }\n}",
    );
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("job.hcl:2:2: network is not known in a job block"), "{found:?}");
    assert!(found[0].ends_with("move it into group \"cache\""), "{found:?}");
}

#[test]
fn syntax_errors_have_a_place() {
    assert!(problems("job \"j\" {\n a = = 1\n}")[0].starts_with("job.hcl:2:"));
    assert_eq!(problems("x = 1").len(), 2);
}

#[test]
fn a_block_written_as_an_attribute_is_told_and_not_passed_over() {
    let found = problems(&with_task("config = {\n image = \"a\"\n bogus = 1\n}"));
    assert!(found.iter().any(|line| line.starts_with("job.hcl:5:1: config is a block")), "{found:?}");
}

#[test]
fn the_plugin_block_has_the_forms_that_an_agent_takes() {
    for text in [
        "plugin \"x\" {\n config {\n a = 1\n b {\n c = 2\n }\n }\n}",
        "plugin \"y\" {}\nplugin \"x\" {\n config = {\n a = 1\n b = {\n c = 2\n }\n }\n}",
        "plugin = {\n x = {\n config = {\n a = 1\n b = {\n c = 2\n }\n }\n }\n}",
        "plugin {\n x {\n config {\n a = 1\n b {\n c = 2\n }\n }\n }\n}",
        "{\"plugin\": {\"x\": {\"config\": {\"a\": 1,\n\"b\": {\"c\": 2}}}}}\n",
        "{\"plugin\": [{\"x\": [{\"config\": [{\"a\": 1, \"b\": [{\"c\": 2}]}]}]}]}",
    ] {
        let (block, problems) = plugin_block(&Source::new("client", text), "x");
        assert_eq!(problems.0, [], "{text}");
        let block = block.unwrap();
        let Value::Map(map) = &block.value else { panic!("{text}: {block:?}") };
        assert_eq!(map["a"], Value::Int(1), "{text}");
        let inner = match &map["b"] {
            Value::List(items) => &items[0],
            one => one,
        };
        assert_eq!(inner, &Value::object([("c", Value::Int(2))]), "{text}");
        let place = block.spans.name("a");
        assert_eq!(&text[place.span], if text.contains(':') { "\"a\"" } else { "a" }, "{text}");
    }
    for (text, at) in [
        ("plugin = 1", "c:1:10: plugin is a block"),
        ("{\"plugin\": ", "c:1:"),
        (" {}", "c:1:1: this is JSON"),
    ] {
        let (block, problems) = plugin_block(&Source::new("c", text), "x");
        assert!(block.is_none() && problems.to_string().starts_with(at), "{text}: {problems}");
    }
    assert!(plugin_block(&Source::new("c", "{}"), "x").1.0.is_empty());
}

#[test]
fn a_job_in_json_is_named_as_such() {
    for text in ["{}", "\n {\"job\": {\"x\": {}}}"] {
        assert!(problems(text)[0].contains("this is JSON"));
    }
}

#[test]
fn restart_lifecycle_and_signals_are_read() {
    let text = "config {\n image = \"a\"\n}\nrestart {\n attempts = 0\n mode = \"delay\"\n}\nlifecycle {\n hook = \"prestart\"\n sidecar = true\n}
        kill_signal = \"SIGINT\"\nkill_timeout = \"1m\"\nleader = true\nuser = \"www\"\nresources {\n cores = 2\n memory_max = -1\n}";
    let task = task(text);
    assert_eq!((task.restart.attempts, task.restart.mode), (0, RestartMode::Delay));
    assert_eq!(task.restart.interval, Duration::from_secs(1800));
    assert_eq!(task.lifecycle, Lifecycle::PrestartSidecar);
    assert_eq!(task.kill_signal, Some(crate::domain::signal::Signal::INT));
    assert!(task.leader && task.kill_timeout == Duration::from_secs(60));
    assert_eq!(task.resources.cores, Some(2));
}

#[test]
fn what_is_not_played_is_told_and_what_belongs_to_a_cluster_is_not() {
    let text = with_task(
        "template {\n data = file(\"gone\")\n}\nservice {\n name = \"x\"\n}\nconfig {\n image = \"a\"\n}",
    );
    let file = read_text(&text, &Inputs::default()).unwrap();
    let told: Vec<&str> = file.notices.0.iter().map(|notice| notice.reason.as_str()).collect();
    assert_eq!(told, ["template is not played: no file is rendered"]);
}

#[test]
fn variables_are_taken_from_four_places_and_the_last_wins() {
    let text = format!(
        "variable \"a\" {{\n default = \"1\"\n}}\nvariable \"n\" {{\n type = number\n default = 1\n}}\n{}",
        with_task("config {\n image = \"${var.a}-${var.n}\"\n}")
    );
    let image = |inputs: &Inputs| {
        let file = read_text(&text, inputs).unwrap_or_else(|findings| panic!("{findings}"));
        let Value::Map(config) = file.job.groups[0].tasks[0].config.value.clone() else { panic!("no map") };
        config["image"].clone()
    };
    let mut inputs = Inputs::default();
    assert_eq!(image(&inputs), Value::from("1-1"));
    inputs.env.insert("NOMAD_VAR_a".into(), "env".into());
    assert_eq!(image(&inputs), Value::from("env-1"));
    inputs.files.push(Source::new("v.hcl", "a = \"file\"\nn = 2\n"));
    assert_eq!(image(&inputs), Value::from("file-2"));
    inputs.vars.push(("a".into(), "flag".into()));
    assert_eq!(image(&inputs), Value::from("flag-2"));
}

#[test]
fn bad_variables_are_named() {
    let text = format!(
        "variable \"n\" {{\n type = number\n}}\nlocals {{\n a = local.b\n b = local.a\n}}\n{}",
        with_task("config {\n image = \"${var.n}${local.a}\"\n}")
    );
    let inputs = Inputs {
        vars: vec![("n".into(), "x".into()), ("gone".into(), "1".into())],
        files: vec![Source::new("v.hcl", "m = 1\n")],
        ..Inputs::default()
    };
    let shown = read_text(&text, &inputs).unwrap_err().to_string();
    for part in [
        "--var n: must be a number",
        "--var gone: the job has no variable",
        "v.hcl:1:1: the job has no variable",
        "job.hcl:1:1: variable \"n\" has no value",
        "job.hcl:5:2: this local refers to itself",
    ] {
        assert!(shown.contains(part), "{part} not in\n{shown}");
    }
}

#[test]
fn locals_may_refer_to_later_ones_and_functions_work() {
    let text = format!(
        "locals {{\n c = \"not local.c\"\n a = \"${{local.b}}!\"\n b = format(\"%s-%d\", trimspace(\" x \"), max(1, 3))\n}}\n{}",
        with_task(
            "config {\n image = \"a\"\n}\nenv {\n A = local.a\n J = jsonencode({ k = [1] })\n D = jsondecode(\"{\\\"k\\\": 5}\").k\n}"
        )
    );
    let file = read_text(&text, &Inputs::default()).unwrap();
    let env = &file.job.groups[0].tasks[0].env;
    assert_eq!((env["A"].as_str(), env["J"].as_str(), env["D"].as_str()), ("x-3!", "{\"k\":[1]}", "5"));
}

#[test]
fn file_reads_relative_to_the_job_file() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("motd"), "hello").unwrap();
    let inputs = Inputs { base_dir: dir.path().to_string_lossy().into_owned(), ..Inputs::default() };
    let file =
        read_text(&with_task("config {\n image = \"a\"\n}\nenv {\n A = file(\"motd\")\n}"), &inputs).unwrap();
    assert_eq!(file.job.groups[0].tasks[0].env["A"], "hello");
}

#[test]
fn one_static_port_cannot_serve_two_allocations() {
    let text = "job \"j\" {\n group \"g\" {\n count = 2\n network {\n port \"x\" {\n static = 80\n }\n }\n task \"t\" {\n driver = \"podman\"\n }\n }\n}";
    assert!(problems(text)[0].starts_with("job.hcl:6:11: port 80"));
}

#[test]
fn tasks_of_other_drivers_keep_their_config_to_themselves() {
    let text = "job \"j\" {\n group \"g\" {\n task \"t\" {\n driver = \"docker\"\n config {\n image = nope(1)\n }\n }\n }\n}";
    assert_eq!(read_text(text, &Inputs::default()).unwrap().job.groups[0].tasks[0].driver, "docker");
}

#[test]
fn reading_never_panics() {
    use proptest::prelude::*;
    proptest!(|(text in "[a-z\"{}=\\[\\]$%\\n .()<0-9-]{0,80}")| {
        let _ = read_text(&text, &Inputs::default());
        let _ = read_text(&with_task(&text), &Inputs::default());
    });
}
