use super::*;
use crate::adapters::credentials::file::find;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

struct RealClock;

#[async_trait]
impl Clock for RealClock {
    fn now(&self) -> crate::domain::time::Timestamp {
        crate::domain::time::Timestamp::from_unix_nanos(0)
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn entropy(&self) -> u64 {
        7
    }
}

fn auth(text: &str) -> String {
    format!("{{\"auth\": \"{}\"}}", STANDARD.encode(text))
}

fn who(file: &str, image: &str) -> Option<String> {
    let key = key(&ImageRef::parse(image).unwrap());
    match find(file.as_bytes(), &key).unwrap()? {
        Found::Account(account) => Some(format!("{} {}", account.username, account.password.reveal())),
        Found::Helper(name) => Some(format!("helper {name}")),
    }
}

#[test]
fn the_most_specific_entry_counts_and_whole_parts_only() {
    let file = format!(
        r#"{{"auths": {{"quay.io": {}, "quay.io/team": {}, "https://index.docker.io/v1/": {}, "r:5000": {}}}}}"#,
        auth("any:1"),
        auth("team:a:b"),
        auth("docker:2"),
        auth("port:3")
    );
    for (image, expected) in [
        ("quay.io/x", Some("any 1")),
        ("quay.io/team/app:1", Some("team a:b")),
        ("quay.io/teams/app", Some("any 1")),
        ("redis", Some("docker 2")),
        ("docker.io/user/x", Some("docker 2")),
        ("r:5000/x:1", Some("port 3")),
        ("r:5000/x", Some("port 3")),
        ("example.com/x", None),
    ] {
        assert_eq!(who(&file, image).as_deref(), expected, "{image}");
    }
}

#[test]
fn helpers_of_a_registry_come_before_and_the_store_after_accounts() {
    let file = format!(
        r#"{{"auths": {{"a.io": {}, "b.io": {{}}}}, "credHelpers": {{"c.io": "ecr"}}, "credsStore": "pass"}}"#,
        auth("u:p")
    );
    assert_eq!(who(&file, "a.io/x").as_deref(), Some("u p"));
    assert_eq!(who(&file, "b.io/x").as_deref(), Some("helper pass"));
    assert_eq!(who(&file, "c.io/x").as_deref(), Some("helper ecr"));
    let token = r#"{"auths": {"a.io": {"identitytoken": "t"}}}"#;
    assert_eq!(who(token, "a.io/x").as_deref(), Some("<token> t"));
}

#[tokio::test]
async fn a_broken_file_is_named_and_not_quoted() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("auth.json");
    let sources = CredentialSources { file: Some(path.clone()), helper: None };
    let look = || async {
        let image = ImageRef::parse("a.io/x").unwrap();
        HostCredentials::new(Arc::new(RealClock)).account(&sources, &image).await.unwrap_err().to_string()
    };
    assert!(look().await.contains("auth.json"));
    for text in [r#"{"auths": "canary"#.to_owned(), format!(r#"{{"auths": {{"a.io": {}}}}}"#, auth("canary"))]
    {
        std::fs::write(&path, text).unwrap();
        let told = look().await;
        assert!(told.contains("auth.json") && !told.contains("canary"), "{told}");
    }
}

/// A helper in a directory of its own; its absolute path stands in for the search path, which tests cannot set.
async fn ask(script: &str) -> (Result<String, RuntimeError>, String) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("docker-credential-test");
    std::fs::write(&path, format!("#!/bin/sh\ncd {}\n{script}\n", dir.path().display())).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let program = path.to_str().unwrap();
    let mut answer = helper::ask_program(&RealClock, program, "quay.io").await;
    // Another test may have forked while the script was open for writing.
    while answer.as_ref().is_err_and(|error| error.message.contains("busy")) {
        answer = helper::ask_program(&RealClock, program, "quay.io").await;
    }
    let answer = answer.map(|account| {
        account.map_or_else(|| "none".to_owned(), |a| format!("{} {}", a.username, a.password.reveal()))
    });
    (answer, std::fs::read_to_string(dir.path().join("seen")).unwrap_or_default())
}

#[tokio::test]
async fn a_helper_gets_the_verb_and_the_registry_and_answers_in_json() {
    let (answer, seen) = ask(r#"echo "$@" > seen; cat >> seen; echo '{"Username":"u","Secret":"p"}'"#).await;
    assert_eq!(answer.as_deref(), Ok("u p"));
    assert_eq!(seen, "get\nquay.io");
}

#[tokio::test]
async fn a_helper_that_knows_nothing_is_no_failure_and_one_that_fails_is_not_quoted() {
    let (none, _) = ask("echo credentials not found in native keychain; exit 1").await;
    assert_eq!(none.as_deref(), Ok("none"));
    for script in ["echo canary; exit 3", "echo canary"] {
        let told = ask(script).await.0.unwrap_err().to_string();
        assert!(told.contains("docker-credential-test") && !told.contains("canary"), "{told}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_helper_that_hangs_is_given_up() {
    let (hung, _) = ask("sleep 1000").await;
    assert!(hung.unwrap_err().is(ErrorKind::TimedOut));
}
