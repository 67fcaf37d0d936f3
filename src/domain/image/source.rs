//! `image` of a task: a name in a registry, or a file.

use super::{BadImage, ImageRef};
use std::fmt;

/// Where a task's image comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Image {
    /// By name: the node's own, or a registry's.
    Named(ImageRef),
    /// A file to load.
    Archive(Archive),
}

/// An archive as `podman save` and `docker save` write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// As written; a relative path is meant from the task directory.
    pub path: String,
}

impl Image {
    /// Parses an image. Podman finds out itself which kind of archive a file is, so both transports mean the
    /// same; a reference behind the path is left out, because a loaded archive names itself.
    pub fn parse(text: &str) -> Result<Self, BadImage> {
        let text = text.trim();
        match text.split_once(':') {
            Some((transport @ ("oci-archive" | "docker-archive"), rest)) => {
                let path = rest.split(':').next().unwrap_or(rest);
                if path.is_empty() || rest.starts_with("http://") || rest.starts_with("https://") {
                    return Err(BadImage::Transport(transport.to_owned()));
                }
                Ok(Self::Archive(Archive { path: path.to_owned() }))
            }
            _ => ImageRef::parse(text).map(Self::Named),
        }
    }
}

impl Default for Image {
    fn default() -> Self {
        Self::Named(ImageRef::default())
    }
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(image) => image.fmt(f),
            Self::Archive(archive) => f.write_str(&archive.path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_are_told_from_names() {
        let path = |text| match Image::parse(text) {
            Ok(Image::Archive(archive)) => Some(archive.path),
            Ok(Image::Named(_)) | Err(_) => None,
        };
        assert_eq!(path("oci-archive:local/app.tar").as_deref(), Some("local/app.tar"));
        assert_eq!(path("docker-archive:/srv/a.tar:image:tag").as_deref(), Some("/srv/a.tar"));
        assert!(matches!(Image::parse("localhost:5000/x"), Ok(Image::Named(_))));
        for text in ["oci-archive:", "oci-archive:https://x/y.tar", "dir:/x", "docker:x", ""] {
            assert!(!matches!(Image::parse(text), Ok(Image::Archive(_))), "{text}");
        }
    }
}
