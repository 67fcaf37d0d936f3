//! Which image, and how it comes to the node.

use super::row;
use crate::domain::config::row::{Default, Kind, OptionRow, one_of, parses};
use crate::domain::duration;
use crate::domain::image::Image;

/// Values of `pull_policy`.
pub const PULL_POLICIES: &[&str] = &["always", "missing", "newer", "never"];

const AUTH: &[OptionRow] = &[
    row("username", Kind::Text, r#"username = "ci""#, "Account at the registry.").since("0.3.0"),
    row("password", Kind::Text, r#"password = "hunter2""#, "Its password or token. Never logged or stored.")
        .since("0.3.0"),
    row(
        "tls_verify",
        Kind::Bool,
        "tls_verify = false",
        "Off, the registry may be plain http or show any certificate. On, registries.conf of the host decides, \
         which verifies unless it says otherwise.",
    )
    .default(Default::Bool(true))
    .since("0.5.0"),
];

/// The rows.
pub const ROWS: &[OptionRow] = &[
    row(
        "image",
        Kind::Text,
        r#"image = "docker.io/library/redis:7""#,
        "The image to run, with or without docker://. A short name is looked up by the host's registries.conf. \
         oci-archive:PATH and docker-archive:PATH load a file, a relative path from the task directory.",
    )
    .default(Default::Required)
    .checked("an image reference or an archive", |value| parses(value, Image::parse), r#"image = "Upper Case""#),
    row("auth", Kind::Block(AUTH), r#"auth { username = "ci" }"#, "Account for pulling the image; else the plugin's auth.")
        .since("0.3.0"),
    row(
        "auth_soft_fail",
        Kind::Bool,
        "auth_soft_fail = true",
        "Pulls without an account when the plugin's auth sources fail, instead of failing the task.",
    )
    .default(Default::Bool(false))
    .since("0.5.0"),
    row("force_pull", Kind::Bool, "force_pull = true", "The same as pull_policy = \"always\".")
        .default(Default::Bool(false))
        .since("0.3.0"),
    row(
        "pull_policy",
        Kind::Text,
        r#"pull_policy = "newer""#,
        "When to ask the registry: always; missing, if the image is not on the node; newer, if the registry has \
         another one; never. Missing when unset.",
    )
    .ours()
    .checked("always, missing, newer or never", |value| one_of(value, PULL_POLICIES), r#"pull_policy = "often""#),
    row(
        "image_pull_timeout",
        Kind::Text,
        r#"image_pull_timeout = "10m""#,
        "How long getting the image may take in all.",
    )
    .default(Default::Text("5m"))
    .since("0.4.0")
    .checked("a duration", |value| parses(value, duration::parse), r#"image_pull_timeout = "5 minutes""#),
    row("arch", Kind::Text, r#"arch = "arm64""#, "Pulls the image for this architecture instead of the node's.")
        .since("0.6.5"),
    row("os", Kind::Text, r#"os = "linux""#, "Pulls the image for this operating system.").since("0.6.5"),
    row("variant", Kind::Text, r#"variant = "v8""#, "Pulls the image for this variant of the architecture.")
        .since("0.6.5"),
];
