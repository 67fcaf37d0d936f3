job "typos" {
  group "web" {
    cuont = 2
    task "server" {
      driver = "podman"
      config {
        imgae      = "docker.io/library/nginx:1"
        work_dir   = "/srv"
        load       = "nginx.tar"
        mac_address = "92:d0:c6:0a:29:33"
        quux       = true
        mount {
          type   = "bind"
          target = "/a"
          source = "local"
        }
        mount {
          type   = "tmpfs"
          target = "/b"
          tmpfs_options {
            sise = 1000
          }
        }
        healthcheck {
          comand = "test -e /ready"
        }
      }
    }
  }
}
