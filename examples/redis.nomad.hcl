# The example of Nomad's documentation of this driver, with its network where Nomad accepts it.
#
#     nomad-driver-podman run examples/redis.nomad.hcl

job "example" {
  datacenters = ["dc1"]

  group "cache" {
    network {
      port "db" {
        to = 6379
      }
    }

    task "redis" {
      driver = "podman"

      config {
        image = "docker://redis:3.2"
        ports = ["db"]
      }

      resources {
        cpu    = 500
        memory = 256
      }
    }
  }
}
