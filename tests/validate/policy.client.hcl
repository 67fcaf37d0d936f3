client {
  enabled = true
}

plugin "nomad-driver-podman" {
  config {
    socket {
      name        = "default"
      socket_path = "unix:///run/podman/podman.sock"
    }
    allow_privileged = false
    allow_registries = ["registry.internal"]
    policy {
      namespace             = "prod"
      allow_host_namespaces = []
      allow_caps            = ["CHOWN"]
    }
  }
}
