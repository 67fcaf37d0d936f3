plugin = {
  "nomad-driver-podman" = {
    config = {
      allow_host_paths = ["/nowhere"]

      policy = {
        namespace        = "team"
        allow_host_paths = ["/srv/shared"]
      }
    }
  }
}
