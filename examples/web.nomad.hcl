# A web server with a sidecar in the same network namespace, and a task that runs after both.
#
#     nomad-driver-podman run --for 10s examples/web.nomad.hcl

job "web" {
  group "front" {
    network {
      port "http" {
        static = 8080
        to     = 80
      }
    }

    task "server" {
      driver       = "podman"
      kill_timeout = "10s"
      kill_signal  = "SIGQUIT"

      config {
        image   = "docker.io/library/nginx:1.27-alpine"
        ports   = ["http"]
        tmpfs   = ["/var/cache/nginx:size=64m", "/run"]
        volumes = ["local:/srv:ro"]
      }

      env {
        LISTEN = "${NOMAD_ADDR_http}"
      }

      resources {
        cpu        = 200
        memory     = 64
        memory_max = 128
      }
    }

    task "probe" {
      driver = "podman"

      lifecycle {
        hook    = "poststart"
        sidecar = true
      }

      config {
        image        = "docker.io/library/busybox:1.36"
        network_mode = "task:server"
        command      = "sh"
        args         = ["-c", "while sleep 2; do wget -qO- http://localhost:80 || echo down; done"]
      }
    }

    task "goodbye" {
      driver = "podman"

      lifecycle {
        hook = "poststop"
      }

      config {
        image   = "docker.io/library/busybox:1.36"
        command = "echo"
        args    = ["${NOMAD_JOB_NAME} is done"]
      }
    }
  }
}
