# A job as many clusters run it: two groups, a task of another driver, blocks and lists of all ages.
variable "tag" {
  default = "1.27"
}

locals { team = "core" }

job "shop" {
  datacenters = ["dc1"] /* all
                           of them */

  constraint {
    attribute = "${attr.driver.docker.version}"
    operator  = "semver"
    value     = ">= 20.0"
  }

  group "web" {
    network {
      port "http" { to = 8080 }
    }

    task "nginx" {
      driver = "podman" # since 2019

      config {
        image      = "docker.io/library/nginx:${var.tag}"   # short, as Docker likes it
        working_dir = "/srv"
        ports      = ["http"]
        # interactive                = true
        # advertise_ipv6_address     = false # nobody remembers why

        userns = "host"
        network_mode = "bridge"

        // devices of the scanner
        devices = [
          # for the layers
          "/dev/fuse",
          "/dev/net/tun:/dev/tun0:rw",
        ]

        mount = [
          {
            type   = "bind"
            source = "local/html"
            target = "/usr/share/nginx/html"
            bind_options = { propagation = "rslave" }
          },
          { type = "tmpfs", target = "/scratch", tmpfs_options = { size = 65536, mode = "1411" } },
        ]

        logging {
          driver = "journald"
          options {
            tag = "web"
          }
        }

        auth {
          username       = "ci"
          password       = "${NOMAD_SECRETS_DIR}"
          # server_address = "registry.internal"
        }

        args = ["-c", <<-EOT
          { "driver": "docker", "work_dir": "/srv" } # no comment
          driver = "docker"
          EOT
        ]
      }

      template {
        destination = "local/x"
        data        = <<EOT
driver = "docker"
config { work_dir = "/" }
EOT
      }
    }

    task "probe" {
      driver = "exec"
      config {
        command  = "/bin/docker"
        work_dir = "/not/ours"
      }
    }
  }

  group "cache" {
    dynamic "task" {
      for_each = ["a", "b"]
      labels   = ["cache-${task.value}"]
      content {
        driver = "podman"
        config {
          image           = "docker://${var.image}"
          # memory_hard_limit = 512
          shm_size        = 67108864
          dynamic "mount" {
            iterator = mounts
            for_each = ["/data", "/spool"]
            content {
              type   = "volume"
              source = "cache"
              target = mounts.value
            }
          }
          # logging {
          #   type = "fluentd"
          #   config { tag = "cache" }
          # }
        }
      }
    }

    task "loaded" {
      driver = "podman"
      config {
        image = "docker-archive:local/redis.tar"
        # load  = "redis.tar"
        healthchecks { disable = true }
        auth { /* email = "ci@example.org" */ }
        # runtime = "nvidia"
        security_opt = ["seccomp=unconfined", "label:disable"]
      }
    }

    task "already" {
      driver = "podman"
      config { image = "redis" }
    }
  }
}
