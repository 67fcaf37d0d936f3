//! What the process does about signals.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The signals that would end a process that does not care.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// From here on neither signal ends the process by itself.
    ///
    /// # Errors
    /// The system refuses a handler.
    pub(super) fn catch() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Cancels `shutdown` on SIGTERM; ends when it is cancelled.
    ///
    /// Nomad plugin protocol: plugins share the agent's process group, so Ctrl-C in a terminal and systemd's
    /// `KillSignal=SIGINT` reach them too; it is the agent who then ends them. SIGTERM ends a plugin, never
    /// its tasks.
    pub(super) async fn obey(mut self, shutdown: CancellationToken) {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => tracing::trace!("SIGINT ignored: the host ends its plugins"),
                _ = self.terminate.recv() => {
                    tracing::info!("SIGTERM: this plugin ends, its tasks go on");
                    shutdown.cancel();
                }
                () = shutdown.cancelled() => return,
            }
        }
    }
}
