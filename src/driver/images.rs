//! Images that this driver pulled, and which starts need one right now.
//!
//! What is known here is also on the containers ([`PULLED_LABEL`]), from where the next plugin process learns it.
//! An image whose last container goes while no plugin runs is forgotten with it, and stays: better one too many.

use crate::domain::container::ContainerFacts;
use crate::domain::container::labels::PULLED_LABEL;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Socket and id or name of an image.
type Key = (String, String);

/// See the module. Clones share everything.
#[derive(Clone, Default)]
pub struct Images(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    /// Names by socket and id.
    pulled: BTreeMap<Key, String>,
    /// Number of starts by socket and name.
    needed: BTreeMap<Key, u32>,
}

/// A start that needs an image; dropping this ends the need.
pub struct Need {
    images: Images,
    key: Key,
}

impl Images {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the image of this name while the result lives.
    pub fn need(&self, socket: &str, name: &str) -> Need {
        let key = (socket.to_owned(), name.to_owned());
        *self.lock().needed.entry(key.clone()).or_default() += 1;
        Need { images: self.clone(), key }
    }

    /// The image was not there and has been pulled.
    pub fn pulled(&self, socket: &str, id: &str, name: &str) {
        self.lock().pulled.insert((socket.to_owned(), id.to_owned()), name.to_owned());
    }

    /// What a container of this image is to be labelled with, if the image is one of ours.
    pub fn label(&self, socket: &str, name: &str) -> Option<String> {
        let known = self.lock();
        let mut ours = known.pulled.iter().filter(|((on, _), called)| on == socket && *called == name);
        ours.next().map(|((_, id), name)| format!("{id} {name}"))
    }

    /// Learns from the containers of a socket; the ids of our images there that nobody needs.
    pub fn unused(&self, socket: &str, containers: &[ContainerFacts]) -> Vec<String> {
        let mut known = self.lock();
        let labels = containers.iter().filter_map(|facts| facts.labels.get(PULLED_LABEL)?.split_once(' '));
        for (id, name) in labels {
            known.pulled.insert((socket.to_owned(), id.to_owned()), name.to_owned());
        }
        let used = |id: &str| containers.iter().any(|facts| is_of(facts, id));
        let needed = |name: &str| known.needed.contains_key(&(socket.to_owned(), name.to_owned()));
        let here = known.pulled.iter().filter(|((on, _), _)| on == socket);
        here.filter(|((_, id), name)| !used(id) && !needed(name)).map(|((_, id), _)| id.clone()).collect()
    }

    /// The image is gone.
    pub fn forget(&self, socket: &str, id: &str) {
        self.lock().pulled.remove(&(socket.to_owned(), id.to_owned()));
    }
}

fn is_of(facts: &ContainerFacts, id: &str) -> bool {
    let labelled = facts.labels.get(PULLED_LABEL).and_then(|label| label.split_once(' '));
    facts.image.as_deref() == Some(id) || labelled.is_some_and(|(labelled, _)| labelled == id)
}

impl Drop for Need {
    fn drop(&mut self) {
        let mut known = self.images.lock();
        if let Some(count) = known.needed.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                known.needed.remove(&self.key);
            }
        }
    }
}
