job "policy" {
  namespace = "prod"
  group "web" {
    task "server" {
      driver = "podman"
      config {
        image        = "docker.io/library/nginx:1"
        privileged   = true
        network_mode = "host"
        cap_add      = ["NET_ADMIN"]
        socket       = "roootless"
      }
    }
    task "later" {
      driver = "podman"
      config {
        image = "${NOMAD_META_image}"
      }
    }
  }
}
