plugin "nomad-driver-podman" {
  config {
    socket_path         = "tcp://localhost:1"
    client_http_timeout = "soon"
    allow_priviledged   = false
    gc {
      containers = false
    }
    volumes {
      selinuxlable = "z"
    }
  }
}
