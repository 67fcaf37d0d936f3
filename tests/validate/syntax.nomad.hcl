job "syntax" {
  group "web" {
    task "server" {
      driver = = "podman"
    }
  }
}
