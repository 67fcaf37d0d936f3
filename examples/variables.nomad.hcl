# Variables, locals, functions and dynamic blocks.
#
#     nomad-driver-podman run --var tag=7.4 --var 'ports={"db":6379}' examples/variables.nomad.hcl

variable "tag" {
  type        = string
  default     = "3.2"
  description = "Which redis to run."
}

variable "ports" {
  type    = map(number)
  default = { db = 6379, admin = 6380 }
}

variable "options" {
  type    = list(string)
  default = ["--save", "60 1", "--loglevel", "verbose"]
}

locals {
  image = "docker://redis:${var.tag}"
  owner = upper("${var.tag}-${join("+", sort(keys(var.ports)))}")
}

job "variables" {
  group "cache" {
    network {
      dynamic "port" {
        for_each = var.ports
        labels   = [port.key]

        content {
          to = port.value
        }
      }
    }

    task "redis" {
      driver = "podman"

      config {
        image   = local.image
        ports   = keys(var.ports)
        command = "redis-server"
        args    = concat(var.options, ["--port", "${NOMAD_PORT_db}"])
      }

      env {
        OWNER = local.owner
        WHERE = "${NOMAD_ALLOC_ID} on ${attr.kernel.name}"
      }
    }
  }
}
