# Nothing here is known before the job runs, and nothing but the undeclared name is worth a word.
variable "tag" {
  type = string
}

variable "sites" {
  type = list(string)
}

locals {
  image = "docker.io/library/nginx:${var.tag}"
}

job "unknown" {
  group "web" {
    count = 3
    network {
      port "http" {
        static = 8080
      }
    }
    task "server" {
      driver = "podman"
      config {
        image        = local.image
        network_mode = "${NOMAD_META_network}"
        ports        = ["http"]
        hostname     = "${attr.unique.hostname}-${meta.rack}"
        memory_swap  = "${node.class}"
        init_path    = "/usr/bin/tini"
        init         = var.init
        mount {
          target = "/named"
          source = "${NOMAD_META_volume}"
          volume_options {
            labels {
              team = "core"
            }
          }
        }
        mount {
          target = "/sited"
          source = var.tag
          volume_options {
            driver_config {
              name = var.tag
            }
          }
        }
        dynamic "mount" {
          for_each = var.sites
          content {
            type   = "bind"
            target = "/srv/${mount.value}"
            source = "local"
          }
        }
      }
      template {
        data        = "x"
        destination = "local/x"
      }
    }
  }
  group "ports" {
    network {
      dynamic "port" {
        for_each = var.sites
        labels   = [port.value]
        content {
          to = 80
        }
      }
    }
    task "server" {
      driver = "podman"
      config {
        image = "docker.io/library/nginx:1"
        ports = ["north"]
      }
    }
  }
  group "network" {
    dynamic "network" {
      for_each = var.sites
      content {
        port "http" {}
      }
    }
    task "server" {
      driver = "podman"
      config {
        image = "docker.io/library/nginx:1"
        ports = ["http"]
      }
      resources {
        dynamic "network" {
          for_each = var.sites
          content {
            port "db" {}
          }
        }
      }
    }
    task "older" {
      driver = "podman"
      config {
        image = "docker.io/library/nginx:1"
        port_map {
          db = 6379
        }
      }
      resources {
        dynamic "network" {
          for_each = var.sites
          content {
            port "db" {}
          }
        }
      }
    }
  }
}
