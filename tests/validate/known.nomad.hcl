# A dynamic block whose values are known is judged as if it were written out.
job "known" {
  datacenters = ["dc1"]

  group "known" {
    network {
      dynamic "port" {
        for_each = ["north", "south"]
        labels   = [port.value]
        content {}
      }
    }
    task "server" {
      driver = "podman"
      config {
        image = "docker.io/library/nginx:1"
        ports = ["nort"]
      }
    }
  }
}
