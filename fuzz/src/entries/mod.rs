//! What each target does with its bytes. Also part of the main package's tests, which replay the seeds here
//! (`tests/replay`), so: nothing but public names of the driver and of crates that it depends on.

mod config;
mod hcl;
mod logs;
mod replies;
mod wires;

/// A target: its name, and what it does with any bytes.
pub type Entry = (&'static str, fn(&[u8]));

/// All of them.
pub const ALL: &[Entry] = &[
    ("driver_replies", replies::driver),
    ("grammar", config::grammar),
    ("handle", wires::handle),
    ("hcl_convert", hcl::convert),
    ("hcl_job", hcl::job),
    ("image_ref", config::image_ref),
    ("k8s_log", logs::k8s_log),
    ("log_frames", logs::log_frames),
    ("plugin_config_msgpack", config::plugin_msgpack),
    ("rest_json", wires::rest_json),
    ("task_config_msgpack", config::task_msgpack),
    ("varlink_frame", wires::varlink_frame),
];

/// Gives `bytes` to the target of this name; whether there is one.
pub fn run(name: &str, bytes: &[u8]) -> bool {
    let entry = ALL.iter().find(|(known, _)| *known == name);
    entry.is_some_and(|(_, run)| {
        run(bytes);
        true
    })
}

/// Gives all but the first byte to the target that the first one chooses.
pub fn any(bytes: &[u8]) {
    if let Some((first, rest)) = bytes.split_first() {
        let (_, run) = ALL[usize::from(*first) % ALL.len()];
        run(rest);
    }
}

/// Bytes cut into the pieces that the first of them says, and whole.
fn pieces(bytes: &[u8]) -> Option<(&[u8], std::slice::Chunks<'_, u8>)> {
    let (size, bytes) = bytes.split_first()?;
    Some((bytes, bytes.chunks(usize::from(*size) + 1)))
}

/// Text, if it is some.
fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}
