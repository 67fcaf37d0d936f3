//! Names of images: what is taken can be read again, and a name of Docker that is one when converted stays as it is.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nomad_driver_podman::domain::config::docker;
use nomad_driver_podman::domain::image::{Image, ImageRef};

fuzz_target!(|text: &str| {
    if let Ok(image) = ImageRef::parse(text) {
        assert_eq!(ImageRef::parse(image.as_str()).as_ref(), Ok(&image));
        assert!(image.as_str().starts_with(image.repository()));
        assert!(image.registry().is_none_or(|registry| image.repository().starts_with(registry)));
    }
    let _ = Image::parse(text);
    // As for Docker, one https:// goes; behind a second one is no name.
    if let Some(name) = docker::image(text).filter(|name| ImageRef::parse(name).is_ok()) {
        assert_eq!(docker::image(&name), None, "{name}");
    }
});
