job "values" {
  group "web" {
    network {
      port "http" {
        to = 80
      }
    }
    task "server" {
      driver = "podman"
      config {
        image        = "docker.io/library/nginx:1"
        network_mode = "host:1"
        ports        = ["http/quic", "htpp"]
        privileged   = "maybe"
        memory_swap  = "much"
        stop_signal  = "SIGNOPE"
        pull_policy  = "sometimes"
        ipv4_address = "10.88.0"
        labels {
          ok = "yes"
        }
        labels {
          nested = ["no"]
        }
        mount {
          type   = "bind"
          target = "/a"
          source = "local"
        }
        mount {
          type   = "disk"
          target = "relative"
        }
        runtime = "/tmp/evil"
      }
    }
    task "other" {
      driver = "docker"
      config {
        image = 5
        wat   = true
      }
    }
    task "nothing" {
      driver = "podman"
    }
  }
}
