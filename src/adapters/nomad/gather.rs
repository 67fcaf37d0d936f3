//! A connection that lets others have their say before it writes.
//!
//! Usage of all tasks is looked at in the same moment, each by a tokio task of its own. The first to have its message
//! wakes the connection, which runs next and writes it, and so on: a write, and an awakening of the host, for each. Here
//! the connection stands back once before each write, behind all who are ready to run, and their messages go out
//! together.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::UnixStream;
use tonic::transport::server::{Connected, UdsConnectInfo};

/// See the module.
#[derive(Debug)]
pub struct Gathered {
    stream: UnixStream,
    /// The others have had their turn since the last write.
    stood_back: bool,
}

impl Gathered {
    pub fn new(stream: UnixStream) -> Self {
        Self { stream, stood_back: false }
    }

    /// A task that wakes itself goes to the end of its queue.
    fn write(
        &mut self,
        context: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut UnixStream>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if !std::mem::replace(&mut self.stood_back, true) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let written = ready!(write(Pin::new(&mut self.stream), context));
        self.stood_back = false;
        Poll::Ready(written)
    }
}

impl AsyncRead for Gathered {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Gathered {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write(context, |stream, context| stream.poll_write(context, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write(context, |stream, context| stream.poll_write_vectored(context, bytes))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl Connected for Gathered {
    type ConnectInfo = UdsConnectInfo;

    fn connect_info(&self) -> Self::ConnectInfo {
        self.stream.connect_info()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use tokio::io::AsyncReadExt;
    use tokio::runtime::Builder;
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    /// Writes what was said, as h2 does: all that there is by the time of a write. Returns how often it wrote.
    async fn write(mut said: UnboundedReceiver<u8>, stream: UnixStream) -> u32 {
        let (mut stream, mut words, mut writes) = (Gathered::new(stream), Vec::new(), 0);
        poll_fn(|context| {
            loop {
                let ended = loop {
                    match said.poll_recv(context) {
                        Poll::Ready(Some(word)) => words.push(word),
                        Poll::Ready(None) => break true,
                        Poll::Pending => break false,
                    }
                };
                match (words.is_empty(), ended) {
                    (true, true) => return Poll::Ready(writes),
                    (true, false) => return Poll::Pending,
                    (false, _) => {}
                }
                let written = ready!(Pin::new(&mut stream).poll_write(context, &words)).unwrap();
                words.drain(..written);
                writes += 1;
            }
        })
        .await
    }

    #[test]
    fn what_many_say_in_one_moment_goes_out_in_one_write() {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (writes, bytes) = runtime.block_on(async {
            let (ours, mut theirs) = UnixStream::pair().unwrap();
            let (say, said) = unbounded_channel();
            let writing = tokio::spawn(write(said, ours));
            // From a task, so that all are ready before the first of them runs.
            let tell = move |word| {
                let say = say.clone();
                drop(tokio::spawn(async move { say.send(word).unwrap() }));
            };
            tokio::spawn(async move { (0..20).for_each(tell) }).await.unwrap();
            let writes = writing.await.unwrap();
            let mut bytes = Vec::new();
            theirs.read_to_end(&mut bytes).await.unwrap();
            (writes, bytes)
        });
        assert_eq!((writes, bytes.len()), (1, 20));
    }
}
