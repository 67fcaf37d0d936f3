use super::super::super::jobfile::{Inputs, Purpose};
use super::super::super::validate;
use super::super::super::validate::report::Report;
use super::super::super::validate::text;
use super::super::told::Weight;
use super::*;
use proptest::prelude::*;

fn converted(text: &str) -> Conversion {
    convert(&Source::new("job.hcl", text)).unwrap()
}

/// A job with one task of Docker around the inside of its `config` block.
fn job(config: &str) -> String {
    let network = "network {\n port \"http\" {}\n }";
    format!(
        "job \"j\" {{\n group \"g\" {{\n {network}\n task \"t\" {{\n  driver = \"docker\"\n  config {{\n{config}\n  }}\n }}\n}}\n}}\n"
    )
}

/// What becomes of the lines of a `config` block.
fn config(lines: &str) -> String {
    let text = converted(&job(lines)).text;
    let inside = text.split("  config {\n").nth(1).unwrap();
    inside.rsplit_once("\n  }\n }\n}\n}\n").unwrap().0.to_owned()
}

/// The problems that `validate` has with a text.
fn problems(text: &str) -> Option<String> {
    let mut report = Report::default();
    let inputs = Inputs { purpose: Purpose::Judge, ..Inputs::default() };
    validate::job::check(&Source::new("job.hcl", text), &inputs, None, &mut report);
    report.has_problems().then(|| text::render(&report, false))
}

#[test]
fn images_say_where_they_come_from() {
    for (docker, podman) in [
        (r#"image = "redis:7""#, r#"image = "docker.io/library/redis:7""#),
        (r#"image = "grafana/grafana""#, r#"image = "docker.io/grafana/grafana""#),
        (r#"image = "https://hub.internal/x:1""#, r#"image = "hub.internal/x:1""#),
        (r#"image = "quay.io/a/b:1" # ok"#, r#"image = "quay.io/a/b:1" # ok"#),
        (r#"image = "redis:${var.tag}""#, r#"image = "docker.io/library/redis:${var.tag}""#),
        (r#"image = "user/app:${var.tag}""#, r#"image = "docker.io/user/app:${var.tag}""#),
        (r#"image = "r.internal:5000/${var.name}""#, r#"image = "r.internal:5000/${var.name}""#),
        (r#"image = "${var.registry}/app""#, r#"image = "docker://${var.registry}/app""#),
        (r#"image = var.image"#, r#"image = "docker://${var.image}""#),
        (r#"image = format("%s:1", var.x)"#, r#"image = "docker://${format("%s:1", var.x)}""#),
        (r#"image = "https://r.internal/$${x}""#, r#"image = "r.internal/$${x}""#),
        (r#"image = "https://r.internal/a\u0000'""#, r#"image = "r.internal/a\u0000'""#),
        ("image = \"a\"\nload = \"/a.tar\"", "image = \"docker-archive:local/a.tar\"\n# load = \"/a.tar\""),
    ] {
        assert_eq!(config(docker), podman);
    }
}

#[test]
fn devices_become_a_list() {
    let host = "host_path = \"/dev/a\"";
    assert_eq!(config(&format!("devices {{ {host} }}")), "devices = [\"/dev/a\"]");
    let list = format!(
        "devices = [ {{ {host}, container_path = var.x }}, {{ {host}, \"cgroup_permissions\" = \"r\" }} ]"
    );
    assert_eq!(config(&list), "devices = [ \"/dev/a:${var.x}\", \"/dev/a:r\" ]");
    let two = format!(
        "  devices {{\n    {host}\n  }}\n  tty = true\n  devices {{\n    {host} # why\n  }}\n  init = true"
    );
    let one = "  devices = [\n    \"/dev/a\",\n    # why\n    \"/dev/a\",\n  ]\n  tty = true\n  init = true";
    assert_eq!(config(&two), one);
}

#[test]
fn what_cannot_be_converted_is_left_to_a_person() {
    for (lines, kept) in [
        ("devices = var.devices", true),
        ("dynamic \"devices\" {\n for_each = [1]\n content {\n host_path = \"/dev/a\"\n }\n}", true),
        ("image = <<E\nx\nE", true),
        ("auth = { email = \"x\" }", true),
        ("logging {\n type = \"syslog\"\n}", false),
        ("logging {\n type = var.x\n}", false),
        ("security_opt = [\"credentialspec=file://x\"]", true),
        ("mount {\n target = \"/a\"\n tmpfs_options {\n mode = 99999\n }\n}", false),
    ] {
        let conversion = converted(&job(lines));
        assert!(conversion.remarks.iter().any(|it| it.weight == Weight::Left), "{lines}: {conversion:?}");
        assert_eq!(conversion.text.contains(lines), kept, "{}", conversion.text);
    }
}

#[test]
fn two_names_of_one_thing_do_not_become_the_same_name() {
    let both = "logging {\n driver = \"journald\"\n type = \"json-file\"\n}";
    assert_eq!(config(both), "logging {\n driver = \"journald\"\n # type = \"json-file\"\n}");
    let mounts = "mount {\n target = \"/a\"\n}\nmounts = []";
    assert_eq!(config(mounts), "mount {\n target = \"/a\"\n}\n# mounts = []");
}

#[test]
fn a_dynamic_block_keeps_the_name_of_its_elements() {
    let dynamic =
        |head: &str| format!("dynamic \"{head} for_each = []\n content {{\n target = \"/a\"\n }}\n}}");
    assert_eq!(config(&dynamic("mounts\" {\n")), dynamic("mount\" {\n iterator = mounts\n"));
    assert_eq!(config("dynamic \"mounts\" { for_each = [] }"), "dynamic \"mount\" { for_each = [] }");
}

#[test]
fn logging_is_judged_however_it_is_written() {
    for (lines, result) in [
        ("logging = { type = \"journald\" }", "logging = { driver = \"journald\" }"),
        ("logging = [{ type = \"gelf\" }]", "# logging = [{ type = \"gelf\" }]"),
        ("logging = {\n type = \"json-file\"\n}", "# logging = {\n#  type = \"json-file\"\n# }"),
        ("logging = var.logging", "logging = var.logging"),
        ("logging { type = \"syslog\" }", "# logging { type = \"syslog\" }"),
    ] {
        assert_eq!(config(lines), result);
        assert_eq!(
            problems(&job(&format!("image = \"a\"\n{lines}")).replace("docker", "podman")).is_some(),
            lines.contains("type")
        );
    }
}

#[test]
fn only_tasks_of_docker_change() {
    let job = |driver: &str| job("work_dir = \"/x\"\nimage = \"redis\"").replace("\"docker\"", driver);
    for driver in ["\"exec\"", "\"podman\"", "var.driver", "\"${var.driver}\""] {
        assert_eq!(converted(&job(driver)).text, job(driver));
        assert_eq!(converted(&job(driver)).tasks, 0);
    }
    assert_eq!(converted(&job("\"docker\"")).tasks, 1);
    let told = &converted(&job("var.driver")).remarks[0];
    assert!(told.to_string().contains("driver is not written out"), "{told}");
    for text in ["", "x = 1", "task \"t\" {\n driver = \"docker\"\n}"] {
        let before = converted(text);
        assert!(before.text == text || before.tasks == 1);
    }
    assert!(convert(&Source::new("job.hcl", "job {")).is_err());
}

/// Options of a Docker task, most of them right, with what surrounds them in real files.
fn options() -> impl Strategy<Value = String> {
    let option = prop::sample::select(vec![
        "work_dir = \"/srv\"",
        "mac_address   = \"92:d0:c6:0a:29:33\" # c",
        "userns_mode = \"host\"",
        "interactive = true // c",
        "cpuset_cpus = \"0-1\" /* a */",
        "memory_hard_limit = 512",
        "container_exists_attempts = 3",
        "auth { server_address = \"r.internal\" }",
        "auth {\n    username = \"u\"\n    email = \"e\"\n  }",
        "devices {\n    host_path = \"/dev/fuse\"\n  }",
        "devices { host_path = \"/dev/null\" }",
        "mounts = [{ type = \"bind\", source = \"local\", target = \"/x\" }]",
        "mount {\n    target = \"/y\"\n    type = \"tmpfs\"\n    tmpfs_options {\n      mode = 511\n    }\n  }",
        "logging {\n    type = \"journald\"\n    config {\n      tag = \"x\"\n    }\n  }",
        "logging {\n    type = \"json-file\"\n    config { max-size = \"2m\" }\n  }",
        "logging { driver = \"gelf\" }",
        "logging = { type = \"json-file\" }",
        "logging = {\n    type = \"journald\"\n    config = { tag = \"x\" }\n  }",
        "network_mode = \"default\"",
        "runtime = \"nvidia\"",
        "shm_size = 1048576",
        "labels = { a = \"b\" }",
        "load = \"a.tar\"",
        "args = [\"x\", <<E\n  work_dir = 1 # {\nE\n  ]",
        "\n  # only a comment {",
        "/* another\n  one */",
        "healthchecks { disable = true }",
        "isolation = \"process\"\r",
    ]);
    prop::collection::vec(option, 0..9).prop_map(|mut options| {
        let mut seen = std::collections::BTreeSet::new();
        let name = |option: &str| option.trim().split([' ', '\n']).next().unwrap_or_default().to_owned();
        let many = ["#", "/*", "mount"];
        options.retain(|option| many.contains(&name(option).as_str()) || seen.insert(name(option)));
        options.iter().map(|option| format!("  {option}\n")).collect()
    })
}

/// Pieces of job files, put together at random.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "devices {",
        "devices = [",
        "{",
        "}",
        "]",
        "\n",
        "mounts",
        "mount",
        "=",
        "\"",
        "${",
        "image = \"a\"",
        "load = ",
        "dynamic \"mounts\" {",
        "host_path = \"/x\"",
        "/*",
        "*/",
        "#",
        "//",
        "<<E\n",
        "E\n",
        "work_dir = 1",
        "interactive = ",
        "auth {",
        "email = 1",
        "var.x",
        ",",
        "logging {",
        "type = \"x\"",
        "ü",
        "\t",
        "\r\n",
        "driver = \"docker\"",
        "content {",
        "task \"x\" {",
        "config {",
        "mode = 01",
        "null",
    ]);
    prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_docker_takes_becomes_what_podman_takes_and_stays(options in options()) {
        let before = job(&format!("  image = \"redis:7\"\n{options}"));
        let once = converted(&before);
        let other = format!("  task \"x\" {{\n  driver = \"exec\"\n  config {{\n{options}\n  }}\n  }}\n");
        let beside = converted(&before.replacen(" task", &format!("{other} task"), 1)).text;
        prop_assert_eq!(beside, once.text.replacen(" task", &format!("{other} task"), 1));
        prop_assert_eq!(problems(&once.text), None, "{}", once.text);
        prop_assert_eq!(&converted(&once.text).text, &once.text);
    }

    #[test]
    fn any_text_is_converted_to_what_can_be_read_or_refused(text in "\\PC{0,80}", inside in pieces()) {
        for text in [&text, &inside, &job(&inside)] {
            let source = Source::new("job.hcl", text.as_str());
            let conversion = convert(&source);
            prop_assert_eq!(conversion.is_ok(), parse(&source).is_ok(), "{:?}", conversion);
            if let Ok(conversion) = conversion {
                prop_assert!(conversion.tasks > 0 || conversion.text == *text);
                prop_assert_eq!(&converted(&conversion.text).text, &conversion.text);
                conversion.remarks.iter().for_each(|remark| drop(remark.to_string()));
            }
        }
    }
}
