# As the public documentation of 2020 shows it.
job "redis" {
  datacenters = ["dc1"]
  type        = "service"
  network {
    port "redis" {
      static = 6379
    }
  }
  group "redis" {
    task "redis" {
      driver = "podman"
      config {
        image = "docker://redis"
        ports = ["redis"]
      }
    }
  }
}
