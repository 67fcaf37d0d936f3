# What a start would refuse only when it puts the parts of a task together, and where its host paths lead.
job "start" {
  namespace = "team"

  group "g" {
    task "limits" {
      driver = "podman"

      config {
        image       = "docker.io/library/redis:7"
        memory_swap = "100m"
        static_ips  = ["10.0.0.9"]
        network_mode = "host"

        healthcheck {
          interval = "5s"
        }
      }
    }

    task "unknown" {
      driver = "podman"

      config {
        image       = "docker.io/library/redis:7"
        memory_swap = "100m"
        volumes     = ["${meta.data}:/data", "local/ok:/ok"]

        healthcheck {
          command  = "${meta.check}"
          interval = "5s"
        }
      }

      resources {
        memory = var.memory
      }
    }

    task "paths" {
      driver = "podman"

      config {
        image   = "docker-archive:/images/app.tar"
        volumes = ["local/in:/in", "/srv/shared/x:/x", "/srv/shared/../../etc:/y"]

        mount {
          type   = "bind"
          source = "../../../other"
          target = "/other"
        }

        mount {
          target = "/device"
          source = "named"

          volume_options {
            driver_config {
              options = {
                type   = "none"
                o      = "bind"
                device = "/root"
              }
            }
          }
        }

        security_opt = ["seccomp=/etc/strict.json"]
      }
    }
  }
}

variable "memory" {
  type = number
}
