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
}
