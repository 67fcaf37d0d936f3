//! Connections of the plugin's socket, one after the other, for as long as the process lives.

use std::{io, time::Duration};

use futures_util::{Stream, stream};
use tokio::net::{UnixListener, UnixStream};

use super::gather::Gathered;

/// Between two attempts when the process has no file descriptor left: the connection waits in the backlog.
const PAUSE: Duration = Duration::from_millis(50);

/// Accepts for ever. An error is logged and tried again, because without this stream the plugin is deaf while
/// its tasks run on.
pub(super) fn connections(listener: UnixListener) -> impl Stream<Item = io::Result<Gathered>> + Send {
    stream::unfold(listener, |listener| async move {
        let connection = accept(&listener).await;
        Some((Ok(Gathered::new(connection)), listener))
    })
}

async fn accept(listener: &UnixListener) -> UnixStream {
    loop {
        match listener.accept().await {
            Ok((connection, _)) => return connection,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "cannot accept a connection");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
