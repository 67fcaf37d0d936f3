//! Messages of a server's stream.

use std::future::Future;
use tokio::task::JoinHandle;
use tonic::{Response, Status, Streaming};

/// See the module. Opening waits for nothing, as in Go: some servers send no headers before the first message.
pub struct Replies<T> {
    opening: JoinHandle<Result<Response<Streaming<T>>, Status>>,
    open: Option<Streaming<T>>,
}

impl<T: Send + 'static> Replies<T> {
    pub fn of<F>(call: F) -> Self
    where
        F: Future<Output = Result<Response<Streaming<T>>, Status>> + Send + 'static,
    {
        Self { opening: tokio::spawn(call), open: None }
    }

    /// The next message; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<T>, Status> {
        if let Some(open) = &mut self.open {
            return open.message().await;
        }
        let open = (&mut self.opening).await.unwrap()?.into_inner();
        self.open.insert(open).message().await
    }
}

impl<T> Drop for Replies<T> {
    fn drop(&mut self) {
        self.opening.abort();
    }
}
