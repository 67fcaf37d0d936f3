//! `auth.json` of containers and `config.json` of Docker: accounts by registry or by a part of the image's path.

use super::{DOCKER, registry_of};
use crate::domain::image::Account;
use crate::domain::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Who has the account.
pub enum Found {
    /// The file itself.
    Account(Account),
    /// `docker-credential-` with this name behind it.
    Helper(String),
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct File {
    auths: BTreeMap<String, Entry>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: String,
}

/// No `Debug`: it is a password.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    auth: String,
    identitytoken: String,
}

/// What the file says of `registry/path`: the helper of the registry, else the account of the most specific
/// entry, else the helper of everything.
///
/// # Errors
/// Why the file cannot be used, without a word of what is in it.
pub fn find(text: &[u8], key: &str) -> Result<Option<Found>, &'static str> {
    let file: File = serde_json::from_slice(text).map_err(|_| "not the JSON of an auth file")?;
    let registry = registry_of(key);
    let helper = file.cred_helpers.iter().find(|(name, _)| normal(name) == registry);
    if let Some((_, helper)) = helper {
        return Ok(Some(Found::Helper(helper.clone())));
    }
    let fitting = file.auths.iter().filter(|(name, entry)| covers(&normal(name), key) && !entry.is_empty());
    let account = fitting.max_by_key(|(name, _)| normal(name).len()).map(|(_, entry)| account(entry));
    let store = Some(file.creds_store).filter(|name| !name.is_empty()).map(Found::Helper);
    Ok(account.transpose()?.map(Found::Account).or(store))
}

impl Entry {
    /// Docker leaves such entries behind where a helper has the account.
    fn is_empty(&self) -> bool {
        self.auth.is_empty() && self.identitytoken.is_empty()
    }
}

fn account(entry: &Entry) -> Result<Account, &'static str> {
    if !entry.identitytoken.is_empty() {
        let password = Secret::new(entry.identitytoken.clone());
        return Ok(Account { username: "<token>".to_owned(), password });
    }
    let bytes = STANDARD.decode(entry.auth.trim()).map_err(|_| "an auth entry is not base64")?;
    let text = String::from_utf8(bytes).map_err(|_| "an auth entry is not text")?;
    let (username, password) = text.split_once(':').ok_or("an auth entry is not user:password")?;
    // Old Docker pads with zero bytes.
    let password = password.trim_end_matches('\0').to_owned();
    Ok(Account { username: username.to_owned(), password: Secret::new(password) })
}

/// A name of an entry without what older Docker wraps around it.
fn normal(name: &str) -> String {
    let name = name.strip_prefix("https://").or_else(|| name.strip_prefix("http://")).unwrap_or(name);
    let name = name.trim_end_matches('/');
    let name = name.strip_suffix("/v1").or_else(|| name.strip_suffix("/v2")).unwrap_or(name);
    match name {
        "index.docker.io" | "registry-1.docker.io" => DOCKER.to_owned(),
        name => name.to_owned(),
    }
}

/// Whole parts only: `quay.io/team` is not about `quay.io/teams`.
fn covers(name: &str, key: &str) -> bool {
    key.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
