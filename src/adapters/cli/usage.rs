//! What the binary says when somebody starts it without Nomad.

/// What this is, how Nomad uses it, how a person can. Goes to standard error, with exit status 1, as with every
/// plugin of Nomad: a script that starts one by mistake must notice.
pub const USAGE: &str = "\
This is nomad-driver-podman, a plugin with which Nomad runs tasks in Podman containers.
Nomad starts it by itself; without Nomad it does nothing unless told to.

For Nomad: copy this file into the agent's plugin_dir, and tell the agent in its configuration:

    plugin_dir = \"/opt/nomad/plugins\"

    plugin \"nomad-driver-podman\" {
      config {
        # volumes { selinuxlabel = \"z\" }
      }
    }

Tasks with driver = \"podman\" then run here; nomad node status -self -verbose shows the driver's health.

For you: play a job's Podman tasks on this machine, without Nomad.

    nomad-driver-podman run JOB.nomad.hcl                     simulated, needs nothing installed
    nomad-driver-podman run --runtime podman JOB.nomad.hcl    with the Podman of this machine

Check job files, offline and without starting anything:

    nomad-driver-podman validate JOB.nomad.hcl                every problem, at its line
    nomad-driver-podman validate --agent-config client.hcl JOB.nomad.hcl    also what the operator forbids

Let the driver meet every kind of fault in simulated worlds:

    nomad-driver-podman simulate --seeds 2000

Bring a job from the Docker driver, keeping its comments and layout:

    nomad-driver-podman convert JOB.nomad.hcl                 the converted job; --write for in place

Look up an option; the page is docs/reference.md.

    nomad-driver-podman schema                                every option, as a page
    nomad-driver-podman schema --format json                  the same for programs
    nomad-driver-podman help                                  everything else
";
