# Two parts of one job that run to completion, after a task that prepares them.
#
#     nomad-driver-podman run examples/batch.nomad.hcl

job "report" {
  type = "batch"

  group "month" {
    count = 2

    restart {
      attempts = 1
      delay    = "1s"
    }

    task "fetch" {
      driver = "podman"

      lifecycle {
        hook = "prestart"
      }

      config {
        image   = "docker.io/library/busybox:1.36"
        command = "sleep"
        args    = ["1"]
      }
    }

    task "sum" {
      driver = "podman"

      config {
        image   = "docker.io/library/busybox:1.36"
        command = "echo"
        args    = ["part ${NOMAD_ALLOC_INDEX} of ${NOMAD_JOB_NAME} is done"]
      }
    }
  }
}
