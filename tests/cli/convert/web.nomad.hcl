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
      driver = "docker" # since 2019

      config {
        image      = "nginx:${var.tag}"   # short, as Docker likes it
        work_dir   = "/srv"
        ports      = ["http"]
        interactive                = true
        advertise_ipv6_address     = false # nobody remembers why

        userns_mode = "host"
        network_mode = "default"

        // devices of the scanner
        devices {
          host_path = "/dev/fuse" # for the layers
        }
        devices {
          host_path          = "/dev/net/tun"
          container_path     = "/dev/tun0"
          cgroup_permissions = "rw"
        }

        mounts = [
          {
            type   = "bind"
            source = "local/html"
            target = "/usr/share/nginx/html"
            bind_options = { propagation = "rslave" }
          },
          { type = "tmpfs", target = "/scratch", tmpfs_options = { size = 65536, mode = 0777 } },
        ]

        logging {
          type = "journald"
          config {
            tag = "web"
          }
        }

        auth {
          username       = "ci"
          password       = "${NOMAD_SECRETS_DIR}"
          server_address = "registry.internal"
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
        driver = "docker"
        config {
          image           = var.image
          memory_hard_limit = 512
          shm_size        = 67108864
          dynamic "mounts" {
            for_each = ["/data", "/spool"]
            content {
              type   = "volume"
              source = "cache"
              target = mounts.value
            }
          }
          logging {
            type = "fluentd"
            config { tag = "cache" }
          }
        }
      }
    }

    task "loaded" {
      driver = "docker"
      config {
        image = "redis"
        load  = "redis.tar"
        healthchecks { disable = true }
        auth { email = "ci@example.org" }
        runtime = "nvidia"
        security_opt = ["seccomp=unconfined", "label:disable"]
      }
    }

    task "already" {
      driver = "podman"
      config { image = "redis" }
    }
  }
}
