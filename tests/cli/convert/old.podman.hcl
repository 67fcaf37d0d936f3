// How jobs looked in the days of Nomad 0.9: attributes for lists of blocks, ports of the task.
job "old" {
  task "db" {
    driver = "podman"
    config {
      image = "registry.internal/db:9"
      port_map { db = 5432 }
      devices = [
        "/dev/sda:/dev/xvda", # the disk
        "/dev/random",
      ]
      mount = [
        {
          type           = "volume"
          target         = "/data"
          source         = "db"
          volume_options = { labels = { a = "b" }, subpath = "x" }
        },
      ]
      cap_add = ["SYS_NICE"]
      logging = { driver = "journald", options = { tag = "db" } }
    }
    resources {
      network {
        port "db" {}
      }
    }
  }
}
