// How jobs looked in the days of Nomad 0.9: attributes for lists of blocks, ports of the task.
job "old" {
  task "db" {
    driver = "docker"
    config {
      image = "https://registry.internal/db:9"
      port_map { db = 5432 }
      devices = [
        { "host_path" = "/dev/sda", "container_path" = "/dev/xvda" }, # the disk
        { host_path = "/dev/random" },
      ]
      mounts = [
        {
          type           = "volume"
          target         = "/data"
          source         = "db"
          volume_options = { labels = { a = "b" }, subpath = "x" }
        },
      ]
      cap_add = ["SYS_NICE"]
      logging = { type = "journald", config = { tag = "db" } }
    }
    resources {
      network {
        port "db" {}
      }
    }
  }
}
