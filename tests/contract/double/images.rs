//! Images and volumes.

use super::methods::{Name, Reply, occurred};
use super::service::{Double, No, Request, say};
use nomad_driver_podman::domain::image::{Image, ImageRef, PullRequest};
use nomad_driver_podman::ports::ContainerRuntime;
use nomad_driver_podman::ports::runtime::Change;
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;
use std::path::PathBuf;
use tokio::net::unix::OwnedWriteHalf;
use tokio::sync::mpsc;

fn no_image(name: &str) -> No {
    let reason = format!("unable to find '{name}' in local storage: no such image");
    No("io.podman.ImageNotFound".to_owned(), json!({ "id": name, "reason": reason }))
}

pub async fn inspect_image(double: &Double, request: &Request) -> Reply {
    let Name { name } = request.input()?;
    let id = double.memory.image_id(&name).await.map_err(occurred)?.ok_or_else(|| no_image(&name))?;
    Ok(json!({ "image": json!({ "Id": id, "RepoTags": [name], "Os": "linux" }).to_string() }))
}

pub async fn remove_image(double: &Double, request: &Request) -> Reply {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Remove {
        name: String,
        force: bool,
    }
    let Remove { name, force } = request.input()?;
    assert!(!force, "others may use it");
    match double.memory.remove_image(&name).await {
        Ok(Change::Changed) => Ok(json!({ "image": name })),
        Ok(Change::Identity) => Err(no_image(&name)),
        Err(error) => Err(No::occurred(format!(
            "could not remove image {name} as it is being used by 1 containers: image is being used ({})",
            error.message
        ))),
    }
}

/// Of the last two inputs the real one takes each for the other, and it floods who wants more than one reply.
pub async fn load(double: &Double, request: &Request) -> Reply {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    struct Load {
        name: String,
        input_file: PathBuf,
        quiet: bool,
        delete_file: bool,
    }
    let Load { name, input_file, quiet, delete_file } = request.input()?;
    assert!(!request.more && !quiet && !delete_file && name.is_empty());
    let image = Image::parse(&format!("docker-archive:{}", input_file.display())).unwrap();
    let request = PullRequest { image, archive: Some(input_file), ..PullRequest::of(ImageRef::default()) };
    let id = double.memory.pull(&request, &|_| {}).await.map_err(occurred)?;
    Ok(json!({ "reply": { "logs": null, "id": id } }))
}

pub fn volume(double: &Double, request: &Request) -> Reply {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Volume {
        options: Options,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    #[expect(dead_code, reason = "labels are there to be known with their type")]
    struct Options {
        volume_name: String,
        driver: String,
        labels: HashMap<String, String>,
        options: HashMap<String, String>,
    }
    let Volume { options } = request.input()?;
    let refused = |why: &str| Err(No::occurred(format!("error running volume create option: {why}")));
    if !matches!(options.driver.as_str(), "" | "local") {
        return refused("not yet implemented");
    }
    if let Some(key) = options.options.keys().find(|key| !matches!(key.as_str(), "type" | "device" | "o")) {
        return refused(&format!("unrecognized volume option \"{key}\" is not supported with local driver"));
    }
    let name = options.volume_name;
    if double.volumes.lock().unwrap().insert(name.clone()) {
        Ok(json!({ "volumeName": name }))
    } else {
        Err(No::occurred(format!("volume with name {name} already exists: volume already exists")))
    }
}

pub async fn pull(double: &Double, request: &Request, write: &mut OwnedWriteHalf) -> Reply {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Pull {
        name: String,
        creds: Option<Account>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Account {
        username: String,
        password: String,
    }
    let Pull { name, creds } = request.input()?;
    assert!(request.more, "else nothing is told on the way");
    double.accounts.lock().unwrap().extend(creds.map(|account| (account.username, account.password)));
    let image = PullRequest::of(ImageRef::from_id(name.as_str()));
    let (told, mut lines) = mpsc::unbounded_channel();
    let progress = move |line: &str| drop(told.send(line.to_owned()));
    let fetch = async {
        // The channel ends with the pull.
        let progress = progress;
        double.memory.pull(&image, &progress).await
    };
    let tell = async {
        while let Some(line) = lines.recv().await {
            let reply = json!({ "logs": [format!("{line}\n")], "id": "" });
            let _ = say(write, &json!({ "parameters": { "reply": reply }, "continues": true })).await;
        }
    };
    let (fetched, ()) = tokio::join!(fetch, tell);
    let id = fetched.map_err(|error| No::occurred(format!("unable to pull {name}: {}", error.message)))?;
    Ok(json!({ "reply": { "logs": null, "id": id } }))
}
