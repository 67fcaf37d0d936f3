//! How the image of a task is got.

use super::mounts::host_path;
use crate::domain::config::task::image::ImageOptions;
use crate::domain::image::{Image, PullRequest};
use crate::domain::task::TaskRequest;

/// The request for a task's image. Only the task's own account is in it: others are looked up by the driver.
pub fn request(task: &TaskRequest, options: &ImageOptions) -> PullRequest {
    PullRequest {
        image: options.image.clone(),
        archive: match &options.image {
            Image::Archive(archive) => Some(host_path(task, &archive.path)),
            Image::Named(_) => None,
        },
        policy: options.policy,
        account: options.account.clone(),
        skip_tls_verify: options.skip_tls_verify,
        platform: options.platform.clone(),
        timeout: options.timeout(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::container::translate_tests::task;

    #[test]
    fn an_archive_is_looked_for_in_the_task_directory() {
        let request = |image: &str| {
            let options = ImageOptions { image: Image::parse(image).unwrap(), ..ImageOptions::default() };
            request(&task(), &options).archive
        };
        let inside = std::path::PathBuf::from("/nowhere/alloc-1/web/local/app.tar");
        assert_eq!(request("oci-archive:local/app.tar:app:1"), Some(inside));
        assert_eq!(request("docker-archive:/srv/app.tar"), Some("/srv/app.tar".into()));
        assert_eq!(request("redis"), None);
    }
}
