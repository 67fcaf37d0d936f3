job "together" {
  group "bridged" {
    network {
      mode = "bridge"
      port "http" {}
    }
    task "server" {
      driver = "podman"
      config {
        image        = "docker.io/library/nginx:1"
        network_mode = "host"
        ports        = ["http"]
        init_path    = "/usr/bin/tini"
      }
    }
  }
  group "plain" {
    network {
      port "http" {}
    }
    task "alone" {
      driver = "podman"
      config {
        image          = "docker.io/library/nginx:1"
        network_mode   = "none"
        ports          = ["http"]
        privileged     = true
        cap_add        = ["SYS_TIME"]
        cpu_cfs_period = 50000
        healthchecks {
          disable = true
        }
        healthcheck {
          command = "true"
        }
      }
    }
    task "both" {
      driver = "podman"
      config {
        image = "docker.io/library/nginx:1"
        ports = ["http"]
        port_map {
          http = 80
        }
        memory_swap = "1g"
      }
      resources {
        memory     = 64
        memory_max = -1
      }
    }
    task "dropped" {
      driver = "podman"
      config {
        image        = "oci-archive:local/app.tar:app:1"
        network_mode = "task:alone"
        dns_servers  = ["10.0.0.2"]
        mount {
          type   = "tmpfs"
          target = "/scratch"
          bind_options {
            propagation = "rslave"
          }
        }
        logging {
          options {
            max-size = "10m"
            max-file = 3
          }
        }
      }
    }
    task "excluded" {
      driver = "podman"
      config {
        image    = "docker.io/library/nginx:1"
        hostname = "web"
        uts_mode = "host"
        shm_size = "64m"
        ipc_mode = "host"
        mount {
          target = "/data"
          volume_options {
            labels {
              team = "core"
            }
          }
        }
      }
    }
  }
}
