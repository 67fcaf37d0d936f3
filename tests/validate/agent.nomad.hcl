job "agent" {
  group "web" {
    task "server" {
      driver = "podman"
      config {
        image      = "docker.io/library/nginx:1"
        privileged = true
      }
    }
  }
}
