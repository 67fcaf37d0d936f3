job "same" {
  # Everything here means the same to both drivers.
  group "g" {
    count = 1

    task "hello" {
      driver = "docker"

      config {
        image    = "busybox:1.36" # pinned
        command  = "sleep"
        args     = ["infinity"]
        work_dir = "/tmp"
        mac_address = "92:d0:c6:0a:29:33"
      }
    }
  }
}
