job "same" {
  # Everything here means the same to both drivers.
  group "g" {
    count = 1

    task "hello" {
      driver = "podman"

      config {
        image    = "docker.io/library/busybox:1.36" # pinned
        command  = "sleep"
        args     = ["infinity"]
        working_dir = "/tmp"
        static_mac = "92:d0:c6:0a:29:33"
      }
    }
  }
}
